// SPDX-License-Identifier: Apache-2.0
package org.apvirt.machine;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads YAML or JSON (a subset of YAML 1.2) into nodes that know their place. */
public final class Document {
    /** The longest recording of a kernel has a twentieth of it. */
    private static final int MOST_VALUES = 1_000_000;
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
            Iterator<Node> documents = new Composer(SETTINGS,
                    new BoundedParser(new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text)), name));
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
        } catch (TooLongException e) {
            throw e.asFormatException();
        } catch (StackOverflowError e) {
            // The composer recurses per level of nesting and has no limit of its own.
            throw new FileFormatException(name, "is nested too deeply");
        }
    }

    /** A document has more values than anybody means. */
    private static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String place;

        TooLongException(String place) {
            super("more than " + MOST_VALUES + " values");
            this.place = place;
        }

        FileFormatException asFormatException() {
            return new FileFormatException(place, "has " + getMessage() + ", the most that is read");
        }
    }

    /** Counts what it hands on: a value of one byte takes some hundred in memory. */
    private record BoundedParser(Parser parser, String name, int[] count) implements Parser {
        BoundedParser(Parser parser, String name) {
            this(parser, name, new int[1]);
        }

        @Override
        public boolean checkEvent(Event.ID id) {
            return parser.checkEvent(id);
        }

        @Override
        public Event peekEvent() {
            return parser.peekEvent();
        }

        @Override
        public boolean hasNext() {
            return parser.hasNext();
        }

        @Override
        public Event next() {
            Event event = parser.next();
            if (++count[0] > MOST_VALUES) {
                throw new TooLongException(event.getStartMark()
                        .map(mark -> name + ':' + (mark.getLine() + 1) + ':' + (mark.getColumn() + 1)).orElse(name));
            }
            return event;
        }
    }
}
