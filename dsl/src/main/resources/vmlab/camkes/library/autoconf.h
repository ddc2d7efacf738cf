// SPDX-License-Identifier: Apache-2.0
// The build's settings: none that a composition could see.
