// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/** Told what a guest is given from outside. For the machine's thread, or while the guest stands still. */
interface Recorder {
    Recorder NOBODY = new Recorder() {
        @Override
        public void typed(byte[] octets, boolean atOnce) {
            // nobody wants to know
        }

        @Override
        public void parcel(Parcel parcel) {
            // nobody wants to know
        }

        @Override
        public void live() {
            // nobody wants to know
        }

        @Override
        public void moved() {
            // nobody wants to know
        }
    };

    void typed(byte[] octets, boolean atOnce);

    void parcel(Parcel parcel);

    /** The guest goes on from here. */
    void live();

    /** It goes on with another CPU. */
    void moved();
}
