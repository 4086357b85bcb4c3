package org.apvirt.machine;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads YAML or JSON (a subset of YAML 1.2) into nodes that know their place. */
public final class Document {
    private static final LoadSettings SETTINGS = LoadSettings.builder().setSchema(new CoreSchema())
            .setCodePointLimit(InputFile.LONGEST_DOCUMENT).build();

    private Document() {}

    /**
     * Reads a file.
     *
     * @throws FileFormatException the file cannot be read, or is neither YAML nor JSON
     */
    public static DocumentNode read(Path file) throws FileFormatException {
        return parse(InputFile.text(file), file.toString());
    }

    /**
     * Reads text.
     *
     * @param name what errors call the text, usually the file
     * @throws FileFormatException the text is neither YAML nor JSON, or is empty
     */
    public static DocumentNode parse(String text, String name) throws FileFormatException {
        try {
            Iterator<Node> documents = new Compose(SETTINGS).composeAllFromString(text).iterator();
            if (!documents.hasNext()) {
                throw new FileFormatException(name + ":1:1", "is empty");
            }
            DocumentNode root = new DocumentNode(name, documents.next());
            if (documents.hasNext()) {
                throw new DocumentNode(name, documents.next()).error("a second document; put one into each file");
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            String place = e.getProblemMark().or(e::getContextMark)
                    .map(mark -> name + ':' + (mark.getLine() + 1) + ':' + (mark.getColumn() + 1)).orElse(name);
            String problem = Optional.ofNullable(e.getProblem()).orElse("is neither YAML nor JSON");
            throw new FileFormatException(place, problem);
        } catch (YamlEngineException e) {
            throw new FileFormatException(name, String.valueOf(e.getMessage()).replaceAll("\\R", " "));
        } catch (UncheckedIOException e) {
            throw new FileFormatException(name, "cannot be read: " + e.getMessage());
        } catch (StackOverflowError e) {
            // The composer recurses per level of nesting and has no limit of its own.
            throw new FileFormatException(name, "is nested too deeply");
        }
    }
}
