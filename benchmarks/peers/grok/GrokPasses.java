import com.sun.management.OperatingSystemMXBean;
import io.krakens.grok.api.GrokCompiler;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.opensearch.grok.Grok;

/**
 * Passes of a Grok engine over the lines of a file: ENGINE PATTERN FILE PASSES [NAME...].
 *
 * <p>The lines are in memory before. Prints a line for each pass, the CPU and wall seconds that this process took for it,
 * and last how many lines matched and the sum of the numbers captured as NAME.
 */
public final class GrokPasses {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    public static void main(String[] arguments) throws Exception {
        Function<String, Map<String, Object>> engine = engine(arguments[0], arguments[1]);
        List<String> lines = Files.readAllLines(Path.of(arguments[2]));
        int matched = 0;
        for (int pass = 0; pass < Integer.parseInt(arguments[3]); pass++) {
            System.gc();
            long cpu = SYSTEM.getProcessCpuTime();
            long wall = System.nanoTime();
            matched = matched(engine, lines);
            System.out.println((SYSTEM.getProcessCpuTime() - cpu) / 1e9 + " " + (System.nanoTime() - wall) / 1e9);
        }
        System.out.println(matched + " " + sum(engine, lines, List.of(arguments).subList(4, arguments.length)));
    }

    /** From a line to its captures, which are null or empty where it does not match. */
    private static Function<String, Map<String, Object>> engine(String name, String pattern) {
        if (name.equals("java-grok")) {
            GrokCompiler compiler = GrokCompiler.newInstance();
            compiler.registerDefaultPatterns();
            io.krakens.grok.api.Grok grok = compiler.compile(pattern, true);
            return line -> grok.match(line).capture();
        }
        return new Grok(Grok.BUILTIN_PATTERNS, pattern, warning -> {})::captures;
    }

    private static int matched(Function<String, Map<String, Object>> engine, List<String> lines) {
        int matched = 0;
        for (String line : lines) {
            Map<String, Object> captures = engine.apply(line);
            matched += captures == null || captures.isEmpty() ? 0 : 1;
        }
        return matched;
    }

    private static long sum(Function<String, Map<String, Object>> engine, List<String> lines, List<String> names) {
        long sum = 0;
        for (String line : names.isEmpty() ? List.<String>of() : lines) {
            Map<String, Object> captures = engine.apply(line);
            for (String name : names) {
                Object value = captures == null ? null : captures.get(name);
                sum += value == null ? 0 : Long.parseLong(value.toString());
            }
        }
        return sum;
    }

    private GrokPasses() {}
}
