// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which proxy stands before an address: what apt is configured to use ({@code Acquire::http::Proxy}, also per host), else
 * http_proxy, https_proxy and no_proxy of the environment (lower case first, as curl and apt read them).
 *
 * <p>Not modelled: proxies that want a password, SOCKS, apt's Proxy-Auto-Detect. Safe for several threads.
 *
 * @spec apt.conf(5) and apt-transport-http(1) of apt 2.6
 */
final class Proxies extends ProxySelector {
    private static final Pattern APT_LINE = Pattern.compile("Acquire::(https?)::Proxy(?:::(\\S+))? \"(.*)\";");
    private static final long APT_SECONDS = 10;

    private final Map<String, String> environment;
    private final Map<String, String> apt;

    Proxies(Map<String, String> environment, String aptConfiguration) {
        this.environment = Map.copyOf(environment);
        this.apt = parse(aptConfiguration);
    }

    /** With the settings of the host's apt, if it has one. */
    static Proxies ofHost(Map<String, String> environment) {
        return new Proxies(environment, aptConfiguration());
    }

    private static String aptConfiguration() {
        try {
            Process process = new ProcessBuilder("apt-config", "dump")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(APT_SECONDS, TimeUnit.SECONDS)) {
                process.destroy();
            }
            return text;
        } catch (IOException e) {
            // No apt here: then it has no settings either.
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static Map<String, String> parse(String configuration) {
        Map<String, String> settings = new HashMap<>();
        for (String line : configuration.lines().toList()) {
            Matcher matcher = APT_LINE.matcher(line);
            if (matcher.matches()) {
                String host = matcher.group(2) == null ? "" : matcher.group(2);
                settings.put(matcher.group(1) + " " + host, matcher.group(3));
            }
        }
        return settings;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return List.of(setting(uri).map(Proxies::proxy).orElse(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The request itself fails with the same exception, and is reported there.
    }

    private Optional<String> setting(URI uri) {
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        String fromApt = apt.getOrDefault(scheme + " " + uri.getHost(), apt.getOrDefault(scheme + " ", ""));
        // apt asks its http setting for https too.
        String http = scheme.equals("https") ? apt.getOrDefault("http ", "") : "";
        String chosen = !fromApt.isEmpty() ? fromApt : !http.isEmpty() ? http : fromEnvironment(uri, scheme);
        return chosen.isEmpty() || chosen.equalsIgnoreCase("DIRECT") || chosen.equalsIgnoreCase("false")
                ? Optional.empty()
                : Optional.of(chosen);
    }

    private String fromEnvironment(URI uri, String scheme) {
        for (String entry : variable("no_proxy").split("[,\\s]+")) {
            String suffix = entry.replaceFirst("^\\*?\\.", "");
            if (entry.equals("*")
                    || (!suffix.isEmpty()
                            && (uri.getHost().equals(suffix) || uri.getHost().endsWith("." + suffix)))) {
                return "";
            }
        }
        return variable(scheme + "_proxy");
    }

    private String variable(String name) {
        String lower = environment.getOrDefault(name, "");
        return lower.isEmpty() ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : lower;
    }

    private static Proxy proxy(String setting) {
        URI uri = URI.create(setting.contains("://") ? setting : "http://" + setting);
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
    }
}
