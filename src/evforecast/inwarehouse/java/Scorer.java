import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.InflaterInputStream;

/**
 * Chances of the statuses of a charger, from boosted trees. Written by evforecast __VERSION__; change the
 * model, not this file. It needs nothing but Java 11, and any number of threads may call it.
 */
public class __CLASS__ {
    /** The model, packed; a constant of Java holds at most 65,535 bytes. */
    private static final String[] PACKED = {
__PACKED__
    };

    private static final Model MODEL = unpack();

    /** Returns {"status": chance, ...} as the warehouse wants an OBJECT. */
    public static String score(Integer horizon, String[] features__PARAMETER__) {
        if (horizon == null) {
            throw refused("horizon is NULL. Give it the number of steps ahead.");
        }
        double[] given = numbers(features, "features", MODEL.columns);
        double[] law = MODEL.law(horizon, given, __PARTNER__);
        StringBuilder object = new StringBuilder("{");
        for (int status = 0; status < law.length; status++) {
            object.append(status == 0 ? "" : ", ").append(MODEL.keys[status]).append(": ").append(law[status]);
        }
        return object.append('}').toString();
    }

    /** Reads the elements of an ARRAY: NULL is NaN, however it comes. */
    private static double[] numbers(String[] texts, String name, int size) {
        if (texts == null) {
            throw refused(name + " is NULL. Give it an ARRAY of " + size + " numbers; one that is not known is NULL in it.");
        }
        if (texts.length != size) {
            throw refused(name + " has " + texts.length + " elements, the model needs " + size
                    + ". Give them all, in the order that the scorer's description lists.");
        }
        double[] numbers = new double[size];
        for (int place = 0; place < size; place++) {
            numbers[place] = number(texts[place], name, place);
        }
        return numbers;
    }

    private static double number(String text, String name, int place) {
        if (text == null) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException error) {
            switch (text.trim().toLowerCase(java.util.Locale.ROOT)) {
                case "":
                case "nan":
                case "null":
                case "undefined":
                    return Double.NaN;
                case "inf":
                case "infinity":
                    return Double.POSITIVE_INFINITY;
                case "-inf":
                case "-infinity":
                    return Double.NEGATIVE_INFINITY;
                default:
                    throw refused(name + "[" + place + "] is '" + text + "', which is no number. Convert it to FLOAT.");
            }
        }
    }

    private static IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("__CLASS__.score: " + what);
    }

    private static Model unpack() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (String part : PACKED) {
            byte[] bytes = Base64.getDecoder().decode(part);
            whole.write(bytes, 0, bytes.length);
        }
        try (DataInputStream in = new DataInputStream(
                new InflaterInputStream(new ByteArrayInputStream(whole.toByteArray())))) {
            return new Model(in);
        } catch (IOException error) {
            throw new IllegalStateException("__CLASS__: the packed model is damaged. Generate it anew.", error);
        }
    }

    private static int[] ints(DataInputStream in) throws IOException {
        int width = in.readByte();
        int[] values = new int[in.readInt()];
        for (int place = 0; place < values.length; place++) {
            values[place] = width == 1 ? in.readUnsignedByte() : width == 2 ? in.readUnsignedShort() : in.readInt();
        }
        return values;
    }

    private static double[] doubles(DataInputStream in) throws IOException {
        double[] values = new double[in.readInt()];
        for (int place = 0; place < values.length; place++) {
            values[place] = in.readDouble();
        }
        return values;
    }

    /** The trees of all horizons, and how their law becomes the forecast. */
    private static final class Model {
        final String[] keys;
        final int columns;
        final boolean anyHorizon;
        final double partnerWeight;
        final double smallest;
        final double floor;
        final int[] horizons;
        final Trees[] trees;

        Model(DataInputStream in) throws IOException {
            keys = new String[in.readInt()];
            for (int status = 0; status < keys.length; status++) {
                keys[status] = in.readUTF();
            }
            columns = in.readInt();
            anyHorizon = in.readBoolean();
            partnerWeight = in.readDouble();
            smallest = in.readDouble();
            floor = in.readDouble();
            horizons = ints(in);
            trees = new Trees[in.readInt()];
            for (int place = 0; place < trees.length; place++) {
                trees[place] = new Trees(in, columns + 1);
            }
        }

        double[] law(int horizon, double[] features, double[] partner) {
            // Every number twice, the second time with -Infinity for NaN; the last is the horizon.
            double[] row = new double[2 * (columns + 1)];
            for (int column = 0; column <= columns; column++) {
                double number = column < columns ? (float) features[column] : horizon; // as in training
                row[column] = number;
                row[columns + 1 + column] = number != number ? Double.NEGATIVE_INFINITY : number;
            }
            double[] law = treesOf(horizon).law(row, keys.length);
            if (partner != null) {
                double total = 0;
                for (int status = 0; status < law.length; status++) {
                    if (!(partner[status] >= 0 && partner[status] <= 1)) {
                        throw refused("semi_markov[" + status + "] is " + partner[status]
                                + ", no probability. Give it the law of the model's semi-Markov partner.");
                    }
                    law[status] = Math.pow(Math.max(law[status], smallest), 1 - partnerWeight)
                            * Math.pow(Math.max(partner[status], smallest), partnerWeight);
                    total += law[status];
                }
                divide(law, total);
            }
            double total = 0;
            for (int status = 0; status < law.length; status++) {
                law[status] += floor;
                total += law[status];
            }
            return divide(law, total);
        }

        private Trees treesOf(int horizon) {
            int longest = horizons[horizons.length - 1];
            if (anyHorizon && horizon >= 1 && horizon <= longest) {
                return trees[0];
            }
            int place = Arrays.binarySearch(horizons, horizon);
            if (place < 0) {
                throw refused("horizon is " + horizon + "; the model was fitted for "
                        + (anyHorizon ? "1 to " + longest : Arrays.toString(horizons)) + " steps ahead. Ask for one of them.");
            }
            return trees[place];
        }
    }

    private static double[] divide(double[] values, double by) {
        for (int place = 0; place < values.length; place++) {
            values[place] /= by;
        }
        return values;
    }

    /**
     * Boosted trees. They come written from the root, left side first, each inner node with the number of
     * leaves on its left, and are kept as the places to go to: a node, or ~leaf.
     */
    private static final class Trees {
        final int[] classes;
        final double[] baseline;
        final int[] root;
        final int[] feature;
        final double[] threshold;
        final int[] missingLeft;
        final int[] left;
        final int[] right;
        final double[] value;
        /** By node, the place of its split among those on categories, or -1; null where there are none. */
        final int[] split;
        /** By split on categories: its table, and 256 bits that say which categories go left. */
        final int[] table;
        final int[] goesLeft;
        final double[][] categories;

        Trees(DataInputStream in, int columns) throws IOException {
            classes = ints(in);
            baseline = doubles(in);
            int[] leaves = ints(in);
            feature = ints(in);
            threshold = doubles(in);
            missingLeft = ints(in);
            int[] leftLeaves = ints(in);
            value = doubles(in);
            int[] node = ints(in);
            table = ints(in);
            goesLeft = ints(in);
            categories = new double[in.readInt()][];
            for (int place = 0; place < categories.length; place++) {
                categories[place] = doubles(in);
            }
            split = node.length == 0 ? null : new int[feature.length];
            if (split != null) {
                Arrays.fill(split, -1);
                for (int place = 0; place < node.length; place++) {
                    split[node[place]] = place;
                }
            }
            // In the second half of a row a missing number is below every threshold, and so goes left.
            for (int place = 0; place < feature.length; place++) {
                if (missingLeft[place] == 1 && (split == null || split[place] < 0)) {
                    feature[place] += columns;
                }
            }
            root = new int[leaves.length];
            left = new int[feature.length];
            right = new int[feature.length];
            connect(leaves, leftLeaves);
        }

        private void connect(int[] leaves, int[] leftLeaves) {
            int[] low = new int[feature.length];
            int[] high = new int[feature.length];
            int node = 0;
            int firstLeaf = 0;
            for (int tree = 0; tree < leaves.length; tree++) {
                int end = node + leaves[tree] - 1;
                root[tree] = node < end ? node : ~firstLeaf;
                if (node < end) {
                    low[node] = firstLeaf;
                    high[node] = firstLeaf + leaves[tree];
                }
                firstLeaf += leaves[tree];
                for (; node < end; node++) {
                    int middle = low[node] + leftLeaves[node];
                    left[node] = ~low[node];
                    if (leftLeaves[node] > 1) {
                        left[node] = node + 1;
                        low[node + 1] = low[node];
                        high[node + 1] = middle;
                    }
                    right[node] = ~middle;
                    if (high[node] - middle > 1) {
                        right[node] = node + leftLeaves[node];
                        low[right[node]] = middle;
                        high[right[node]] = high[node];
                    }
                }
            }
        }

        /** Returns the chances of all statuses: zero for one that training lacked. */
        double[] law(double[] row, int size) {
            double[] scores = baseline.clone();
            int output = 0;
            for (int node : root) {
                while (node >= 0) {
                    double x = row[feature[node]];
                    boolean isLeft = split == null || split[node] < 0 ? x <= threshold[node] : isLeft(node, x);
                    node = isLeft ? left[node] : right[node];
                }
                scores[output] += value[~node];
                output = output + 1 < scores.length ? output + 1 : 0;
            }
            // One score for two classes is the logit of the second; of the first it is nought.
            double[] logits = scores.length < classes.length ? new double[] {0, scores[0]} : scores;
            double most = Double.NEGATIVE_INFINITY;
            for (double logit : logits) {
                most = Math.max(most, logit);
            }
            double total = 0;
            for (int place = 0; place < logits.length; place++) {
                logits[place] = Math.exp(logits[place] - most);
                total += logits[place];
            }
            double[] law = new double[size];
            for (int place = 0; place < logits.length; place++) {
                law[classes[place]] = logits[place] / total;
            }
            return law;
        }

        /** Says where a split on categories sends a value: one that training never saw is missing. */
        private boolean isLeft(int node, double x) {
            int place = split[node];
            int category = Arrays.binarySearch(categories[table[place]], x + 0.0); // -0.0 is 0.0
            if (category < 0) {
                return missingLeft[node] == 1;
            }
            return (goesLeft[8 * place + category / 32] >>> (category % 32) & 1) == 1;
        }
    }
}
