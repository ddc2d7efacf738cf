// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("apt-transport-http(1), OPTIONS; the variables curl reads")
class ProxiesTest {
    private static final String APT = """
            Acquire "";
            Acquire::http::Proxy "http://apt.example:3142";
            Acquire::http::Proxy::direct.example "DIRECT";
            Acquire::http::Proxy::other.example "http://other-proxy.example:8080/";
            """;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "http://mirror.example/debian, apt.example:3142",
        "https://mirror.example/debian, apt.example:3142",
        "http://direct.example/debian, none",
        "http://other.example/debian, other-proxy.example:8080",
    })
    void followsAptsSettings(String uri, String expected) {
        assertEquals(expected, chosen(new Proxies(Map.of("http_proxy", "http://unused.example:1"), APT), uri));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "http://mirror.example/debian, plain.example:3128",
        "https://mirror.example/debian, tls.example:80",
        "http://deb.inside.example/debian, none",
        "http://inside.example/debian, none",
        "http://notinside.example/debian, plain.example:3128",
        "http://exact.example/, none",
    })
    void withoutThemFollowsTheEnvironment(String uri, String expected) {
        Proxies proxies = new Proxies(
                Map.of(
                        "http_proxy", "plain.example:3128",
                        "HTTPS_PROXY", "http://tls.example",
                        "no_proxy", ".inside.example, exact.example"),
                "");
        assertEquals(expected, chosen(proxies, uri));
    }

    private static String chosen(Proxies proxies, String uri) {
        Proxy proxy = proxies.select(URI.create(uri)).get(0);
        return proxy.address() instanceof InetSocketAddress address
                ? address.getHostString() + ":" + address.getPort()
                : "none";
    }
}
