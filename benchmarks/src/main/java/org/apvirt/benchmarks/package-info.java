/**
 * What the parts cost, measured with JMH: {@code java -jar benchmarks/target/benchmarks.jar}. The unit of each figure
 * is in the class that gives it. Machines are noisy: quote ratios between rows of one run.
 */
package org.apvirt.benchmarks;
