// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.Arrays;

/**
 * Which pages code was fetched from since their translations were dropped last, and where they are: an instruction TLB that
 * forgets nothing.
 *
 * <p>A fetch walks the page tables, and so sets their accessed bits, exactly when the page isn't known here. That depends on
 * the guest alone and not on what is cached or compiled, which is why it is a structure of its own.
 */
final class FetchedPages {
    private static final int GROUP = 1024;

    /** A page isn't known. Physical pages are below 2^20. */
    private static final int UNKNOWN = 0;

    private static final int USER = 1 << 30;
    private static final int SUPERVISOR = 1 << 29;
    private static final int GLOBAL = 1 << 28;
    private static final int PAGE = (1 << 20) - 1;

    private final int[][] groups = new int[GROUP][];
    private int[] fleeting = new int[256];
    private int fleetingCount;

    /** Changes whenever what is known changes. */
    private int version;

    private static int right(boolean user) {
        return user ? USER : SUPERVISOR;
    }

    private int entry(int linear) {
        int[] group = groups[linear >>> 22];
        return group == null ? UNKNOWN : group[linear >>> 12 & GROUP - 1];
    }

    int version() {
        return version;
    }

    /** Whether the page may be fetched from at this privilege, without a walk. */
    boolean knows(int linear, boolean user) {
        return (entry(linear) & right(user)) != 0;
    }

    /** Whether the page is known at any privilege. */
    boolean knows(int linear) {
        return entry(linear) != UNKNOWN;
    }

    /** Whether the page may be fetched from at this privilege, without a walk, and is that physical page. */
    boolean knows(int linear, boolean user, int physicalPage) {
        return (entry(linear) & (right(user) | PAGE)) == (right(user) | physicalPage);
    }

    /** The number of a known page's physical page. */
    int page(int linear) {
        return entry(linear) & PAGE;
    }

    boolean isGlobal(int linear) {
        return (entry(linear) & GLOBAL) != 0;
    }

    void learn(int linear, int physicalPage, boolean global, boolean user) {
        int[] group = groups[linear >>> 22];
        if (group == null) {
            group = new int[GROUP];
            groups[linear >>> 22] = group;
        }
        int index = linear >>> 12 & GROUP - 1;
        int before = group[index];
        boolean same = before != UNKNOWN && (before & PAGE) == physicalPage && (before & GLOBAL) != 0 == global;
        version++;
        group[index] = physicalPage | (global ? GLOBAL : 0) | right(user) | (same ? before : 0);
        if (!global && (before == UNKNOWN || (before & GLOBAL) != 0)) {
            list(linear >>> 12);
        }
    }

    private void list(int page) {
        if (fleetingCount == fleeting.length) {
            // Pages that were forgotten one by one are still listed, perhaps several times.
            int[] listed = Arrays.stream(fleeting, 0, fleetingCount)
                    .sorted()
                    .distinct()
                    .toArray();
            fleetingCount = listed.length;
            fleeting = Arrays.copyOf(listed, Math.max(256, 2 * fleetingCount));
        }
        fleeting[fleetingCount++] = page;
    }

    void forget(int linear) {
        version++;
        int[] group = groups[linear >>> 22];
        if (group != null) {
            group[linear >>> 12 & GROUP - 1] = UNKNOWN;
        }
    }

    /** Forgets 4 MB. */
    void forgetRegion(int region) {
        version++;
        groups[region] = null;
    }

    /** Forgets all pages but global ones. */
    void forgetFleeting() {
        version++;
        for (int i = 0; i < fleetingCount; i++) {
            int page = fleeting[i];
            int[] group = groups[page >>> 10];
            if (group != null && (group[page & GROUP - 1] & GLOBAL) == 0) {
                group[page & GROUP - 1] = UNKNOWN;
            }
        }
        fleetingCount = 0;
    }

    void forgetAll() {
        version++;
        Arrays.fill(groups, null);
        fleetingCount = 0;
    }
}
