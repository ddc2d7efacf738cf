// SPDX-License-Identifier: Apache-2.0
package vmlab.scenario;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import vmlab.lab.Timeline;

/**
 * What came of a scenario.
 *
 * @param told what its author is told, several lines; empty if it passed
 * @param took host time
 * @param printed what the script printed
 * @param guests in the order they were made
 * @param timeline what happened between VMs and components, oldest first
 */
public record ScenarioResult(
        Scenario scenario,
        Outcome outcome,
        String told,
        Duration took,
        String printed,
        List<GuestRecord> guests,
        List<Timeline.Entry> timeline) {
    /** How a scenario ends. */
    public enum Outcome {
        PASSED,
        /** An assertion failed, or a guest ended or panicked. */
        FAILED,
        /** A wait in it, or it as a whole, took longer than its limit. */
        TIMED_OUT,
        /** It has a mistake, or something it needs isn't here. */
        MISTAKEN,
        /** It said that it can't run here. */
        SKIPPED
    }

    /**
     * What is kept of a VM.
     *
     * @param backend empty if it was never started
     * @param time guest time since power-on
     * @param console all it printed
     * @param events what its machine saw its guest do oddly
     */
    public record GuestRecord(String name, String backend, Duration time, String console, List<String> events) {
        public GuestRecord {
            Objects.requireNonNull(name);
            Objects.requireNonNull(backend);
            Objects.requireNonNull(time);
            Objects.requireNonNull(console);
            events = List.copyOf(events);
        }
    }

    public ScenarioResult {
        Objects.requireNonNull(scenario);
        Objects.requireNonNull(outcome);
        Objects.requireNonNull(told);
        Objects.requireNonNull(took);
        Objects.requireNonNull(printed);
        guests = List.copyOf(guests);
        timeline = List.copyOf(timeline);
    }

    /** The first line of what is told. */
    public String summary() {
        return told.lines().findFirst().orElse("");
    }
}
