// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import vmlab.dsl.model.Assembly
import vmlab.dsl.model.KernelSource
import vmlab.dsl.model.Setting
import vmlab.dsl.model.SourceLocation
import vmlab.dsl.model.VmSpec
import vmlab.vmm.Machine.Pace

/** Labs of fake guests. */
class Labs {
    static final SourceLocation HERE = new SourceLocation('test', 1, 1)

    static Lab of(MachineFactory machines, Pace pace = Pace.VIRTUAL) {
        new Lab(settings(pace), machines)
    }

    static LabSettings settings(Pace pace) {
        new LabSettings(Backend.AUTO, pace, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
    }

    static Assembly oneVm() {
        new Assembly([new VmSpec(0, [new Setting('kernel_image', KernelSource.DEBIAN, HERE)], HERE)], HERE)
    }
}
