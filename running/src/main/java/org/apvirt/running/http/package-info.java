/**
 * The control plane on a socket: HTTP/1.1 with JSON on a Unix-domain socket, described by {@code openapi.yaml} beside these classes
 * and in {@code docs/control.md}. Start at {@link org.apvirt.running.http.ControlServer} and at {@link
 * org.apvirt.running.http.Routes}, the table of what there is; {@link org.apvirt.running.http.ControlClient} is the other end.
 * Nothing is decided here: a route takes its arguments apart and calls the types of {@code org.apvirt.running}.
 */
package org.apvirt.running.http;
