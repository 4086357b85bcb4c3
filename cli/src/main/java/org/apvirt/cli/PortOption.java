// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.Map;
import java.util.Stack;

import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Reads {@code --web} with or without a port: what follows it and is no number is not the port, but the machine file. After
 * {@code --web=} there has to be a number.
 */
final class PortOption implements IParameterConsumer, IParameterPreprocessor {
    private static final String NUMBER = "[0-9]+";

    @Override
    public boolean preprocess(Stack<String> words, CommandSpec command, ArgSpec option, Map<String, Object> info) {
        if ("=".equals(info.get("separator")) && !words.peek().matches(NUMBER)) {
            throw new ParameterException(command.commandLine(),
                    "--web: '" + words.peek() + "' is not a port (use 0..65535)");
        }
        return false;
    }

    @Override
    public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
        if (words.isEmpty() || !words.peek().matches(NUMBER)) {
            option.setValue(0);
            return;
        }
        String port = words.pop();
        if (port.length() > 5 || Integer.parseInt(port) > 0xffff) {
            throw new ParameterException(command.commandLine(), "--web: there is no port " + port + " (use 0..65535)");
        }
        option.setValue(Integer.valueOf(port));
    }
}
