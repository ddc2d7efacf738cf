// SPDX-License-Identifier: Apache-2.0
/**
 * How snapshots lie on disk. Read {@link vmlab.vmm.snapshot.SnapshotFile}, then {@link vmlab.vmm.snapshot.RecordCodec}. What is in
 * a snapshot is said by who takes it, not here.
 */
package vmlab.vmm.snapshot;
