import java.io.*;
import java.lang.reflect.InvocationTargetException;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.*;
import javax.tools.*;

/**
 * Compiles and runs classes in one virtual machine, as javac and java would in theirs: texts come
 * on stdin, a folder, what is sent and a command; exit code, stdout and stderr answer.
 */
public final class KeptJava {
    static String read(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    static int compile(String folder, List<String> words, OutputStream told, OutputStream said) {
        List<String> given = new ArrayList<>(List.of("-cp", folder, "-d", folder));
        given.addAll(words.subList(0, words.size() - 1));
        given.add(Path.of(folder, words.get(words.size() - 1)).toString());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        return compiler.run(null, told, said, given.toArray(new String[0]));
    }

    static int run(String folder, String name, PrintStream said) throws Exception {
        URL[] places = {Path.of(folder).toUri().toURL()};
        ClassLoader above = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader loader = new URLClassLoader(places, above)) {
            loader.loadClass(name).getMethod("main", String[].class)
                .invoke(null, (Object) new String[0]);
            return 0;
        } catch (InvocationTargetException error) {
            said.print("Exception in thread \"main\" ");
            error.getCause().printStackTrace(said);
        } catch (ReflectiveOperationException | LinkageError error) {
            error.printStackTrace(said);
        }
        return 1;
    }

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
        while (true) {
            int count;
            try {
                count = in.readInt();
            } catch (EOFException end) {
                return;
            }
            String folder = read(in);
            byte[] sent = read(in).getBytes(StandardCharsets.UTF_8);
            List<String> words = new ArrayList<>();
            for (int i = 2; i < count; i++) {
                words.add(read(in));
            }

            ByteArrayOutputStream told = new ByteArrayOutputStream();
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            System.setIn(new ByteArrayInputStream(sent));
            System.setOut(new PrintStream(told, true, "UTF-8"));
            System.setErr(new PrintStream(said, true, "UTF-8"));
            List<String> given = words.subList(1, words.size());
            int code = words.get(0).equals("javac")
                ? compile(folder, given, System.out, System.err)
                : run(folder, given.get(0), System.err);
            System.out.flush();
            System.err.flush();
            out.writeInt(code);
            out.writeInt(told.size());
            out.writeInt(said.size());
            told.writeTo(out);
            said.writeTo(out);
            out.flush();
        }
    }
}
