/**
 * Is our answer that of a real kernel? Scenarios are played against a simulated host, step by step, and the answers compared
 * with what a kernel answered when the scenario was recorded.
 *
 * <p>Start at {@link org.apvirt.replay.Replay}. A {@link org.apvirt.replay.Scenario} is what is done, a {@link
 * org.apvirt.replay.Recording} what came back; {@link org.apvirt.replay.ScenarioPlayer} does it here, {@link
 * org.apvirt.replay.RecordingComparison} compares, {@link org.apvirt.replay.Exclusions} names what is known to differ and why.
 * The formats are in {@code docs/replay.md}.
 *
 * <p>Not played: {@code sh} steps.
 */
package org.apvirt.replay;
