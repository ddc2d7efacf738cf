// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The documents of a checkout as a static site: pages, one style sheet, and the files that pages link to. It needs neither
 * a network nor a server.
 *
 * <p>Links between documents become links between pages. One that leads nowhere is a problem, told with the document and
 * its line; so is one to a heading that isn't there. Links into the network are left as they are and not tried.
 */
public final class Site {
    private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");

    private final Path root;
    private final Map<Path, RenderedPage> pages = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Set<Path> files = new TreeSet<>();

    private Site(Path root) {
        this.root = root;
    }

    /**
     * Reads the documents.
     *
     * @param root the checkout
     * @param commands the reference of the command line, in Markdown
     */
    public static Site of(Path root, String commands) throws IOException {
        Site site = new Site(Objects.requireNonNull(root));
        for (Page page : new Checkout(root).pages(commands)) {
            site.pages.put(page.source(), new RenderedPage(page));
        }
        site.pages.values().forEach(page -> page.relink(link -> site.target(page, link)));
        return site;
    }

    /** The links that lead nowhere, as {@code document:line: what is wrong}. */
    public List<String> problems() {
        return List.copyOf(problems);
    }

    /** The documents' files in the checkout. */
    public List<Path> sources() {
        return pages.keySet().stream()
                .filter(source -> Files.exists(root.resolve(source)))
                .toList();
    }

    /** Writes it; the folder is made if it isn't there. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<RenderedPage> all = List.copyOf(pages.values());
        for (RenderedPage page : all) {
            Files.writeString(folder.resolve(page.page().target()), page.html(all));
        }
        try (InputStream style = Objects.requireNonNull(Site.class.getResourceAsStream("site.css"))) {
            Files.copy(style, folder.resolve("site.css"), StandardCopyOption.REPLACE_EXISTING);
        }
        for (Path file : files) {
            Path copy = folder.resolve("files").resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(root.resolve(file), copy, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Where a link of a document leads in the site. */
    private String target(RenderedPage from, RenderedPage.Link link) {
        if (ELSEWHERE.matcher(link.destination()).matches()) {
            return link.destination();
        }
        String[] parts = link.destination().split("#", 2);
        Path source = parts[0].isEmpty()
                ? from.page().source()
                : Path.of("/")
                        .resolve(from.page().source())
                        .resolveSibling(parts[0])
                        .normalize();
        Path inRoot = source.isAbsolute() ? Path.of("/").relativize(source) : source;
        Optional<RenderedPage> page = Optional.ofNullable(pages.get(inRoot))
                .or(() -> Optional.ofNullable(pages.get(inRoot.resolve("README.md"))))
                .or(() -> Optional.ofNullable(pages.get(inRoot.resolve("lesson.md"))));
        if (page.isPresent()) {
            return page.get().page().target() + fragment(from, link, page.get(), parts);
        }
        if (!Files.isRegularFile(root.resolve(inRoot))) {
            problems.add("%s:%d: %s isn't there".formatted(from.page().source(), link.line(), link.destination()));
            return link.destination();
        }
        files.add(inRoot);
        return "files/" + inRoot;
    }

    private String fragment(RenderedPage from, RenderedPage.Link link, RenderedPage to, String[] parts) {
        if (parts.length == 1) {
            return "";
        }
        if (!to.anchors().contains(parts[1])) {
            problems.add("%s:%d: %s has no heading #%s"
                    .formatted(from.page().source(), link.line(), to.page().source(), parts[1]));
        }
        return "#" + parts[1];
    }
}
