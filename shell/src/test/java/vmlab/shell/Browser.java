// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Chromium without a window, with one page, driven over its DevTools protocol.
 *
 * @spec the Chrome DevTools Protocol: Target, Page, Runtime, Log, Network, Emulation, Input
 */
final class Browser implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final String LISTENING = "DevTools listening on ";

    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonObject>> asked = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();
    private String session = "";
    private int sent;

    private Browser(Process process, String address) {
        this.process = process;
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(address), new Receiver())
                .join();
    }

    /** Skips the test where there is no browser, saying so; fails it where VMLAB_REQUIRE names one. */
    static void required() {
        if (program().isEmpty()) {
            Guest.missing("browser", "there is none of " + NAMES + " on the PATH (Debian: chromium)");
        }
    }

    private static Optional<Path> program() {
        return NAMES.stream()
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param profile an empty folder for what it keeps */
    static Browser start(Path profile) throws IOException {
        Process process = new ProcessBuilder(
                        program().orElseThrow().toString(),
                        "--headless",
                        // Its sandbox doesn't work for root, as in containers; the pages are ours.
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Browser browser = new Browser(process, address(process));
            browser.openPage();
            return browser;
        } catch (RuntimeException | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** Where it listens, as it says; it may go on talking. */
    private static String address(Process process) {
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    String said = process.errorReader(StandardCharsets.UTF_8)
                            .lines()
                            .peek(line -> {
                                if (line.startsWith(LISTENING)) {
                                    address.complete(line.substring(LISTENING.length()));
                                }
                            })
                            .collect(Collectors.joining("\n"));
                    address.completeExceptionally(new IOException("the browser ended: " + said));
                },
                "browser");
        reader.setDaemon(true);
        reader.start();
        return await(address, "the browser doesn't start");
    }

    private void openPage() {
        JsonObject target = ask("Target.createTarget", Map.of("url", "about:blank"));
        session = ask(
                        "Target.attachToTarget",
                        Map.of("targetId", target.get("targetId").getAsString(), "flatten", true))
                .get("sessionId")
                .getAsString();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            ask(domain + ".enable", Map.of());
        }
    }

    /** Opens a file in a window of that size. */
    void open(Path page, int width, int height) {
        complaints.clear();
        requests.clear();
        size(width, height);
        loaded = new CompletableFuture<>();
        ask("Page.navigate", Map.of("url", page.toUri().toString()));
        await(loaded, "the page doesn't load");
    }

    void size(int width, int height) {
        ask(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** @param scheme {@code light} or {@code dark} */
    void prefer(String scheme) {
        ask(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** The value of an expression in the page. */
    JsonElement value(String script) {
        JsonObject answer = ask("Runtime.evaluate", Map.of("expression", script, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(script + "\n" + answer.get("exceptionDetails"));
        }
        return answer.getAsJsonObject("result").get("value");
    }

    /** Presses a key, such as {@code Tab}. */
    void press(String key, int code) {
        for (String type : List.of("keyDown", "keyUp")) {
            ask(
                    "Input.dispatchKeyEvent",
                    Map.of(
                            "type",
                            type,
                            "key",
                            key,
                            "code",
                            key,
                            "windowsVirtualKeyCode",
                            code,
                            "text",
                            key.equals("Enter") ? "\r" : ""));
        }
    }

    /** The window as a PNG. */
    byte[] picture() {
        return Base64.getDecoder()
                .decode(ask("Page.captureScreenshot", Map.of()).get("data").getAsString());
    }

    /** What the page's scripts and the browser complained of since the page was opened. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** What was fetched since the page was opened, the page included. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private JsonObject ask(String method, Map<String, ?> parameters) {
        sent++;
        JsonObject question = new JsonObject();
        question.addProperty("id", sent);
        question.addProperty("method", method);
        question.add("params", new Gson().toJsonTree(parameters));
        if (!session.isEmpty()) {
            question.addProperty("sessionId", session);
        }
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        asked.put(sent, answer);
        socket.sendText(question.toString(), true).join();
        JsonObject answered = await(answer, method + " has no answer");
        if (answered.has("error")) {
            throw new AssertionError(method + ": " + answered.get("error"));
        }
        return answered.getAsJsonObject("result");
    }

    private static <T> T await(CompletableFuture<T> future, String otherwise) {
        try {
            return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            throw new AssertionError(otherwise, e);
        }
    }

    private final class Receiver implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                received(new Gson().fromJson(message.toString(), JsonObject.class));
                message.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void received(JsonObject told) {
            if (told.has("id")) {
                asked.remove(told.get("id").getAsInt()).complete(told);
                return;
            }
            JsonObject what = told.getAsJsonObject("params");
            switch (told.get("method").getAsString()) {
                case "Page.loadEventFired" -> loaded.complete(null);
                case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded" ->
                    complaints.add(what.toString());
                case "Network.requestWillBeSent" ->
                    requests.add(what.getAsJsonObject("request").get("url").getAsString());
                default -> {}
            }
        }
    }

    @Override
    public void close() {
        session = "";
        try {
            ask("Browser.close", Map.of());
            // Its folder can be removed only when it is gone.
            await(process.onExit(), "the browser doesn't end");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
