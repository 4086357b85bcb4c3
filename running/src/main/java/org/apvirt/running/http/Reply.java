// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

/** What comes back: an answer, or a stream that goes on until its reader leaves. */
sealed interface Reply permits Answer, EventStream {}
