// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Where log messages go: warnings to the user, everything from info on into a small rolling file of the state folder.
 * Logback finds this class by its service file; it is code because reading logback's XML costs a start 0.1 s.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String FILE_BYTES = "1MB";
    private static final int OLD_FILES = 2;

    private static volatile Consumer<String> sink = System.err::println;
    private static volatile Level userLevel = Level.WARN;

    /** Takes the lines meant for the user; the prompt prints them above what is typed. */
    static void sink(Consumer<String> lines) {
        sink = Objects.requireNonNull(lines);
    }

    /** Shows the user info messages as well ({@code -v}) or debug messages too ({@code -vv}). Before the first message. */
    static void verbosity(int times) {
        userLevel = times == 0 ? Level.WARN : times == 1 ? Level.INFO : Level.DEBUG;
    }

    /** The log file of this user. */
    static Path file() {
        return UserFolders.state(System.getenv()).resolve("vmlab.log");
    }

    private static final class UserAppender extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            StringBuilder line = new StringBuilder("vmlab: ");
            if (event.getLevel() != Level.INFO) {
                line.append(event.getLevel().toString().toLowerCase(java.util.Locale.ROOT))
                        .append(": ");
            }
            line.append(TerminalText.neutral(event.getFormattedMessage()));
            if (event.getThrowableProxy() != null) {
                line.append('\n').append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            sink.accept(line.toString());
        }
    }

    /** A line for the file. Logback's own patterns load a class for every word they know, at every start. */
    private static final class FileLayout extends LayoutBase<ILoggingEvent> {
        private final DateTimeFormatter time =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

        @Override
        public String doLayout(ILoggingEvent event) {
            String name = event.getLoggerName();
            String trace =
                    event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy());
            return "%s %-5s %s %s: %s%n%s"
                    .formatted(
                            time.format(event.getInstant()),
                            event.getLevel(),
                            event.getThreadName(),
                            name.substring(name.lastIndexOf('.') + 1),
                            event.getFormattedMessage(),
                            trace);
        }
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(userLevel.isGreaterOrEqual(Level.INFO) ? Level.INFO : userLevel);
        addUserAppender(context, root);
        Path file = file();
        try {
            Files.createDirectories(file.getParent());
            if (Files.isWritable(file.getParent())) {
                addFileAppender(context, root, file);
            }
        } catch (IOException e) {
            // A home that can't be written is common in containers and no reason to stop; doctor tells of it.
            addWarn("no log file", e);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static void addUserAppender(LoggerContext context, ch.qos.logback.classic.Logger root) {
        ThresholdFilter filter = new ThresholdFilter();
        filter.setLevel(userLevel.toString());
        filter.start();
        UserAppender appender = new UserAppender();
        appender.setContext(context);
        appender.addFilter(filter);
        appender.start();
        root.addAppender(appender);
    }

    private static void addFileAppender(LoggerContext context, ch.qos.logback.classic.Logger root, Path file) {
        FileLayout layout = new FileLayout();
        layout.setContext(context);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(file + ".%i");
        rolling.setMaxIndex(OLD_FILES);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(FileSize.valueOf(FILE_BYTES));
        trigger.start();
        appender.setEncoder(encoder);
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        appender.start();
        root.addAppender(appender);
    }
}
