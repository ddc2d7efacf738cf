// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import groovy.lang.MissingPropertyException;
import java.util.List;
import vmlab.lab.Lab;
import vmlab.lab.LabComponent;
import vmlab.lab.LabConnection;
import vmlab.lab.LabConnections;
import vmlab.lab.LabDataport;
import vmlab.lab.LabEvent;
import vmlab.lab.LabLock;
import vmlab.lab.LabPlan;
import vmlab.lab.LabProcedure;
import vmlab.lab.LabVm;
import vmlab.lab.Timeline;

/** A Groovy extension: what is said to a lab that is there, {@code lab.apply { }}, {@code print_server.run { }}, {@code vm0.data}. */
public final class LiveWords {
    private LiveWords() {}

    /** Changes what is there, also under running guests: shows what will be done, then does it. */
    public static LabPlan apply(
            Lab self, @DelegatesTo(value = LabBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        return self.apply(script(block).described(block));
    }

    /** What {@link #apply} would do. */
    public static LabPlan plan(
            Lab self, @DelegatesTo(value = LabBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        return self.plan(script(block).described(block));
    }

    /** Replaces what a component runs, and starts that. */
    public static LabComponent run(
            LabComponent self,
            @DelegatesTo(value = ComponentWords.class, strategy = Closure.DELEGATE_ONLY) Closure<?> body) {
        LabScript script = script(body);
        ScriptSources sources = script.context().sources();
        String text = sources.here("run").map(sources::block).orElse("");
        return self.run(new ClosureBehaviour(script, body, text));
    }

    /** A VM's interface by its name: {@code vm0.data}, {@code vm0.do_print}. */
    public static Object propertyMissing(LabVm self, String name) {
        return self.port(name).orElseThrow(() -> new MissingPropertyException(name, LabVm.class));
    }

    /** A component's interface by its name. */
    public static Object propertyMissing(LabComponent self, String name) {
        return self.port(name).orElseThrow(() -> new MissingPropertyException(name, LabComponent.class));
    }

    /** {@code client.h.say('x')}: calls a method. */
    public static Object methodMissing(LabProcedure self, String method, Object arguments) {
        return self.call(method, List.of((Object[]) arguments));
    }

    /** CAmkES's words for locks. */
    static Object said(LabLock lock, String name, String word) {
        switch (word) {
            case "lock", "wait" -> lock.take();
            case "unlock", "post" -> lock.give();
            case "trywait" -> {
                return lock.tryTake();
            }
            default ->
                throw new ScriptMistake(
                        name + " has no word " + word, "a lock has lock unlock, a semaphore wait trywait post", word);
        }
        return null;
    }

    public static void lock(LabLock self) {
        self.take();
    }

    public static void unlock(LabLock self) {
        self.give();
    }

    public static void wait(LabLock self) {
        self.take();
    }

    public static boolean trywait(LabLock self) {
        return self.tryTake();
    }

    public static void post(LabLock self) {
        self.give();
    }

    /** Octets of a dataport: {@code vm0.data[0..15]}. */
    public static byte[] getAt(LabDataport self, List<Integer> range) {
        return self.read(range.get(0), range.size());
    }

    /** An octet of a dataport, 0 to 255. */
    public static int getAt(LabDataport self, Number offset) {
        return self.read(offset.longValue(), 1)[0] & 0xFF;
    }

    /** Sets an octet of a dataport. */
    public static void putAt(LabDataport self, Number offset, Number octet) {
        self.write(offset.longValue(), new byte[] {octet.byteValue()});
    }

    public static String getName(LabComponent self) {
        return self.name();
    }

    public static LabComponent.State getState(LabComponent self) {
        return self.state();
    }

    public static List<String> getLines(LabComponent self) {
        return self.lines();
    }

    public static String getText(LabComponent self) {
        return self.text();
    }

    public static String getName(LabConnection self) {
        return self.name();
    }

    public static String getConnector(LabConnection self) {
        return self.connector();
    }

    public static long getCarried(LabConnection self) {
        return self.carried();
    }

    public static String getCondition(LabConnection self) {
        return self.condition();
    }

    public static List<String> getEnds(LabConnection self) {
        return self.ends();
    }

    public static long getEmitted(LabEvent self) {
        return self.emitted();
    }

    public static long getTaken(LabEvent self) {
        return self.taken();
    }

    public static long getCoalesced(LabEvent self) {
        return self.coalesced();
    }

    public static long getDropped(LabEvent self) {
        return self.dropped();
    }

    public static LabConnections getConnections(Lab self) {
        return self.connections();
    }

    public static List<LabComponent> getComponents(Lab self) {
        return self.components();
    }

    public static Timeline getTimeline(Lab self) {
        return self.timeline();
    }

    private static LabScript script(Closure<?> block) {
        if (block.getThisObject() instanceof LabScript script) {
            return script;
        }
        throw new ScriptMistake("this block isn't in a script", "write it in a script or at the prompt", "");
    }
}
