// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.plan.MatrixPicture;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Lets in who has the token, and nobody whom another page sent. A browser sends requests for any page that it shows, and a name
 * of that page may be made to mean this computer; so the name that was asked for, the origin and what the browser says of the
 * sender must each be this page's. Everybody else gets the same answer, whatever is wrong.
 */
final class PageGate extends Handler.Wrapper {
    private static final Map<String, String> PAGE = Map.of("", "text/html;charset=utf-8", "page.css",
            "text/css;charset=utf-8", "page.js", "text/javascript;charset=utf-8");
    private static final Set<String> SAME_SITE = Set.of("same-origin", "none");
    private static final int FORBIDDEN = 403;

    private final byte[] token;
    private volatile List<String> names = List.of();

    PageGate(String token, Handler api) {
        super(api);
        this.token = token.getBytes(StandardCharsets.US_ASCII);
    }

    /** Says which port is served; until then nobody is let in. */
    void port(int port) {
        names = List.of("127.0.0.1:" + port, "localhost:" + port);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        HttpFields.Mutable headers = response.getHeaders();
        headers.put("Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
                        + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("Cross-Origin-Resource-Policy", "same-origin");
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        String rest = isOwn(request.getHeaders()) ? afterToken(Request.getPathInContext(request)) : null;
        if (rest == null) {
            response.setStatus(FORBIDDEN);
            Content.Sink.write(response, true, "forbidden\n", callback);
            return true;
        }
        String type = PAGE.get(rest);
        if (type != null && request.getMethod().equals("GET")) {
            return page(rest, type, response, callback);
        }
        return super.handle(Request.serveAs(request, Request.newHttpURIFrom(request, '/' + rest)), response, callback);
    }

    private static boolean page(String name, String type, Response response, Callback callback) throws IOException {
        String text = MatrixPicture.pageFile(name.isEmpty() ? "page.html" : name);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        Content.Sink.write(response, true, text, callback);
        return true;
    }

    private boolean isOwn(HttpFields headers) {
        List<HttpField> hosts = headers.getFields(HttpHeader.HOST);
        if (hosts.size() != 1 || !names.contains(String.valueOf(hosts.get(0).getValue()))) {
            return false;
        }
        String own = "http://" + hosts.get(0).getValue();
        return headers.getFields(HttpHeader.ORIGIN).stream().allMatch(origin -> own.equals(origin.getValue()))
                && headers.getFields("Sec-Fetch-Site").stream()
                        .allMatch(site -> SAME_SITE.contains(String.valueOf(site.getValue())));
    }

    /** Returns what comes after the token, null: it is not the token. */
    private @Nullable String afterToken(String path) {
        int end = path.indexOf('/', 1);
        boolean right = end > 0
                && MessageDigest.isEqual(path.substring(1, end).getBytes(StandardCharsets.UTF_8), token);
        return right ? path.substring(end + 1) : null;
    }
}
