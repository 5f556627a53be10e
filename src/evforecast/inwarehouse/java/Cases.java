import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Hands cases from the standard input to a generated scorer, as a warehouse would; writes what it returns. */
public class Cases {
    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, "UTF-8");
        boolean hasPartner = arguments.length > 1;
        Class<?> scorer = Class.forName(arguments[0]);
        Method score = hasPartner
                ? scorer.getMethod("score", Integer.class, String[].class, String[].class)
                : scorer.getMethod("score", Integer.class, String[].class);
        for (int blocks = in.readInt(); blocks > 0; blocks--) {
            Integer horizon = in.readInt();
            int rows = in.readInt();
            int columns = in.readInt();
            int statuses = in.readInt();
            for (int row = 0; row < rows; row++) {
                String[] features = texts(in, columns);
                Object[] given = hasPartner
                        ? new Object[] {horizon, features, texts(in, statuses)}
                        : new Object[] {horizon, features};
                try {
                    out.println((String) score.invoke(null, given));
                } catch (InvocationTargetException error) {
                    out.flush();
                    System.err.println(error.getCause().getMessage());
                    System.exit(1);
                }
            }
        }
        out.flush();
    }

    private static String[] texts(DataInputStream in, int size) throws Exception {
        String[] texts = new String[size];
        for (int place = 0; place < size; place++) {
            double number = in.readDouble();
            texts[place] = Double.isNaN(number) ? null : Double.toString(number);
        }
        return texts;
    }
}
