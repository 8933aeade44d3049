import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.common.type.HiveChar;
import org.apache.hadoop.hive.common.type.HiveDecimal;
import org.apache.hadoop.hive.common.type.HiveVarchar;
import org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe;
import org.apache.hadoop.hive.serde2.objectinspector.ListObjectInspector;
import org.apache.hadoop.hive.serde2.objectinspector.MapObjectInspector;
import org.apache.hadoop.hive.serde2.objectinspector.ObjectInspector;
import org.apache.hadoop.hive.serde2.objectinspector.PrimitiveObjectInspector;
import org.apache.hadoop.hive.serde2.objectinspector.StructField;
import org.apache.hadoop.hive.serde2.objectinspector.StructObjectInspector;
import org.apache.hadoop.hive.serde2.objectinspector.primitive.HiveDecimalObjectInspector;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.Text;

/**
 * Writes lazy_simple_serde.tsv: what Hive's own LazySimpleSerDe makes of a row. Needs the jars of Spark 3.5 (Hive 2.3.9):
 *
 *   java -Duser.timezone=UTC -cp "$SPARK_JARS/*" tests/golden/LazySimpleSerDeGolden.java > tests/golden/lazy_simple_serde.tsv
 *
 * Columns: table properties `a=b;c=d` (values in hexadecimal), column types, the row in hexadecimal, its values.
 * Values: NULL, numbers, floats as bits in hexadecimal, text and bytes as x'hex', [list], {key:value}, (struct).
 */
public class LazySimpleSerDeGolden {
  static final String[] NUMBERS = {
      "", " ", "0", "1", "-1", "+1", "007", "-", "+", "--1", "1 ", " 1", "1.0", "1.5", "-1.9", ".5", "5.", ".", "-.", "1.x", "1e3",
      "0x1F", "127", "128", "-128", "-129", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "-2147483648",
      "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
      "99999999999999999999", "1,000", "12a", "a", "NULL", "null", "\\N", "N", "1\t", "\u0661", "1_0", "1L", "--", "1-", "-0", "12 34", "1.2.3", "+.5", "-1.", "1. "};
  static final String[] FLOATS = {
      "", " ", "0", "1", "-1.5", "+2", "1e10", "1E-5", "1e400", "-1e400", "1e-400", "NaN", "nan", "NAN", "Infinity", "-Infinity",
      "+Infinity", "inf", "INF", "infinity", "1.5f", "1.5d", "1.5D", "1.5F", "0x1p3", "0x1.8p1", "1.", ".5", ".", "-", "1,5", "1 ", " 1", "\t2\t", "abc", "1e",
      "1e+", "3.4028235e38", "3.4028236e38", "1.17549435E-38", "1.4e-45", "0.1", "16777217", "9007199254740993", "NULL", "null", "1_0", "-0", "1L", "NaN ", " NaN", "+NaN", "-NaN", "1e5f", "0x1p", "0xp1", "0x.8p1", "0X1P-2D", "1f", "f", "1ff", "1e05", "00001", "2147483648e-10", "4.9e-324", "2.4703282292062328e-324", "1.7976931348623159e308", "3.4028235677973366e38"};
  static final String[] DECIMALS = {
      "", " ", "0", "1", "-1", "+1.5", "1.005", "1.004", "-1.005", "1.015", "12345678.99", "99999999.99", "99999999.994", "99999999.995", "100000000",
      "1e3", "1E-3", "1.5e-1", "0.005", "0.0049", ".5", "5.", ".", "-", "1 ", " 1", "  1.5  ", "1,5", "abc", "NaN", "1e100", "0x10", "1.2.3", "--1", "000001.10",
      "1e", "e5", "1e+2", "12345678901234567890123456789012345678901234567890", "0.00000000000000000000000000000000000000000000001", "1\t", "\t1", "1d", "NULL", "-0", "-0.001"};
  static final String[] BOOLEANS = {
      "", " ", "true", "TRUE", "True", "tRuE", "false", "FALSE", "False", "t", "f", "T", "F", "1", "0", "yes", "no", " true", "true ",
      "truex", "NULL", "\\N"};
  static final String[] DATES = {
      "", " ", "2024-02-29", "2024-2-9", "2024-02-9", "24-02-09", "02024-02-09", "2024/02/29", "20240229", "2024-02-29 ", " 2024-02-29",
      "2024-02-29 00:00:00", "2024-02-29T00:00:00", "2024-02-29x", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "1969-12-31",
      "0001-01-01", "9999-12-31", "10000-01-01", "-2024-01-01", "2024-02", "NULL", "null", "2024-1-1", "2024-001-01", "2024-01-001", "+2024-01-01", "2024--1-01", "2024-02-30", "2023-02-29", "2024-04-31", "1900-02-29", "2000-02-29"};
  static final String[] TIMESTAMPS = {
      "", " ", "2024-02-29 12:34:56", "2024-02-29 12:34:56.1", "2024-02-29 12:34:56.123", "2024-02-29 12:34:56.123456",
      "2024-02-29 12:34:56.123456789", "2024-02-29 12:34:56.1234567890", "2024-02-29 12:34:56.", "2024-02-29T12:34:56", "2024-02-29T12:34:56Z",
      "2024-02-29 12:34:56Z", "2024-02-29 12:34:56+01:00", "2024-02-29 12:34:56 UTC", "2024-02-29", "2024-02-29 ", "2024-02-29 12:34", "2024-02-29 12",
      "2024-2-9 1:2:3", "2024-02-29 1:02:03", " 2024-02-29 12:34:56", "2024-02-29 12:34:56 ", "2024-02-29  12:34:56", "2024-02-29 24:00:00", "2024-02-29 23:60:00", "2024-02-29 23:59:60",
      "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.9999999", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "24-02-29 12:34:56",
      "1700000000", "1700000000000", "1.5", "abc", "NULL", "null", "2024/02/29 12:34:56", "2024-02-29 12.34.56", "2024-13-01 00:00:00", "2024-00-10 00:00:00", "2024-01-32 00:00:00",
      "2024-02-29 12:34:56.12x", "2024-02-29 12:34:56.-1", "2024-02-29\t12:34:56", "2024-02-29 -1:00:00", "2024-002-29 12:34:56", "2024-02-29 012:34:56", "2024-02-30 12:00:00", "2024-02-29 +1:60:-1"};
  static final String[] STRINGS = {"", " ", "a", " a ", "NULL", "null", "\\N", "\\n", "a\\b", "\"q\"", "Grüße", "世界🙂", "abcdef", "üüüüüü", "a   ", "   ", "ab\tcd", "a\\"};
  static final String[] BINARIES = {"", "a", "abcd", "QUJD", "QUI=", "QQ==", "QQ", "not base64!", "QU JD", "\u00e4", "====", "=", "A", "AB", "ABC", "QUJD\t", "ABCDE", "A=BC", "QQ==QQ==", "+/+/", "-_-_"};

  static String hex(byte[] bytes, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; ++i) text.append(String.format("%02x", bytes[i]));
    return text.toString();
  }

  static String render(Object value, ObjectInspector inspector) throws Exception {
    if (value == null) return "NULL";
    StringBuilder text = new StringBuilder();
    switch (inspector.getCategory()) {
      case LIST: {
        ListObjectInspector list = (ListObjectInspector) inspector;
        List<?> items = list.getList(value);
        if (items == null) return "NULL";
        for (Object item : items) text.append(text.length() > 0 ? "," : "").append(render(item, list.getListElementObjectInspector()));
        return "[" + text + "]";
      }
      case MAP: {
        MapObjectInspector map = (MapObjectInspector) inspector;
        Map<?, ?> entries = map.getMap(value);
        if (entries == null) return "NULL";
        for (Map.Entry<?, ?> entry : entries.entrySet())
          text.append(text.length() > 0 ? "," : "").append(render(entry.getKey(), map.getMapKeyObjectInspector())).append(":")
              .append(render(entry.getValue(), map.getMapValueObjectInspector()));
        return "{" + text + "}";
      }
      case STRUCT: {
        StructObjectInspector struct = (StructObjectInspector) inspector;
        for (StructField field : struct.getAllStructFieldRefs())
          text.append(text.length() > 0 ? "," : "").append(render(struct.getStructFieldData(value, field), field.getFieldObjectInspector()));
        return "(" + text + ")";
      }
      default: return primitive(value, (PrimitiveObjectInspector) inspector);
    }
  }

  static String primitive(Object value, PrimitiveObjectInspector inspector) {
    Object writable = inspector.getPrimitiveWritableObject(value);
    if (writable == null) return "NULL";
    Object java = inspector.getPrimitiveJavaObject(value);
    if (java == null) return "NULL";
    switch (inspector.getPrimitiveCategory()) {
      case FLOAT: return String.format("%08x", Float.floatToIntBits((Float) java));
      case DOUBLE: return String.format("%016x", Double.doubleToLongBits((Double) java));
      case STRING: return "x'" + hex(((Text) writable).getBytes(), ((Text) writable).getLength()) + "'";
      case BINARY: return "x'" + hex(((BytesWritable) writable).getBytes(), ((BytesWritable) writable).getLength()) + "'";
      case CHAR: return "x'" + hex(bytes(((HiveChar) java).getPaddedValue()), bytes(((HiveChar) java).getPaddedValue()).length) + "'";
      case VARCHAR: return "x'" + hex(bytes(((HiveVarchar) java).getValue()), bytes(((HiveVarchar) java).getValue()).length) + "'";
      case DECIMAL: return ((HiveDecimal) java).toFormatString(((HiveDecimalObjectInspector) inspector).scale());
      default: return java.toString();
    }
  }

  static byte[] bytes(String text) { return text.getBytes(StandardCharsets.UTF_8); }

  static void row(String[][] properties, String types, byte[] row) throws Exception {
    Properties table = new Properties();
    StringBuilder shown = new StringBuilder();
    for (String[] property : properties) {
      table.setProperty(property[0], property[1]);
      shown.append(shown.length() > 0 ? ";" : "").append(property[0]).append("=").append(hex(bytes(property[1]), bytes(property[1]).length));
    }
    int depth = 0, count = 1;
    for (char c : types.toCharArray()) {
      if (c == '<' || c == '(') ++depth;
      if (c == '>' || c == ')') --depth;
      if (c == ':' && depth == 0) ++count;
    }
    StringBuilder names = new StringBuilder("c0");
    for (int i = 1; i < count; ++i) names.append(",c").append(i);
    table.setProperty("columns", names.toString());
    table.setProperty("columns.types", types);
    LazySimpleSerDe serde = new LazySimpleSerDe();
    serde.initialize(new Configuration(false), table);
    String values;
    try {
      values = render(serde.deserialize(new Text(row)), serde.getObjectInspector());
    } catch (Exception exception) {
      values = "throws " + exception.getClass().getSimpleName();
    }
    System.out.println(shown + "\t" + types + "\t" + hex(row, row.length) + "\t" + values);
  }

  static void cells(String type, String[] values) throws Exception {
    for (String value : values) row(new String[][] {}, type, bytes(value));
  }

  static String[][] properties(String... pairs) {
    List<String[]> list = new ArrayList<>();
    for (int i = 0; i < pairs.length; i += 2) list.add(new String[] {pairs[i], pairs[i + 1]});
    return list.toArray(new String[0][]);
  }

  static void rows(String[][] properties, String types, String... rows) throws Exception {
    for (String row : rows) row(properties, types, bytes(row));
  }

  public static void main(String[] arguments) throws Exception {
    for (String type : new String[] {"tinyint", "smallint", "int", "bigint"}) cells(type, NUMBERS);
    for (String type : new String[] {"float", "double"}) cells(type, FLOATS);
    for (String type : new String[] {"decimal(10,2)", "decimal(38,10)", "decimal(3,3)"}) cells(type, DECIMALS);
    cells("boolean", BOOLEANS);
    cells("date", DATES);
    cells("timestamp", TIMESTAMPS);
    for (String type : new String[] {"string", "char(4)", "varchar(4)"}) cells(type, STRINGS);
    cells("binary", BINARIES);
    for (byte[] bad : new byte[][] {{(byte) 0xff}, {'a', (byte) 0xc3}, {(byte) 0xe2, (byte) 0x82, 'x'}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}})
      row(properties(), "string", bad);

    rows(properties("field.delim", ","), "int:string:double", "1,a,2.5", "1", "", "1,a", "1,a,2.5,extra", ",,", "1,,", "\\N,\\N,\\N", "1,a,2.5,", "\"1\",\"a,b\",2");
    rows(properties("serialization.format", ","), "int:string", "1,a");
    rows(properties("serialization.format", "1"), "int:string", "1\u0001a");
    rows(properties("field.delim", "|", "serialization.format", ","), "int:string", "1|a", "1,a");
    rows(properties("field.delim", "9"), "int:string", "1\ta", "19a");
    rows(properties("field.delim", "\t"), "int:string", "1\ta");
    rows(properties("field.delim", "||"), "int:string", "1||a");
    rows(properties("field.delim", "128"), "string:string", "a1b");
    rows(properties("field.delim", "-61"), "string:string", "aüb");
    rows(properties("field.delim", ""), "int:string", "1\u0001a");
    rows(properties("field.delim", ",", "serialization.null.format", ""), "int:string:string", ",,x", "1,a,", "1");
    rows(properties("field.delim", ",", "serialization.null.format", "NULL"), "int:string:string", "NULL,NULL,\\N");
    rows(properties("field.delim", ",", "escape.delim", "\\"), "int:string:string", "1,a\\,b,c", "1,a\\\\,b", "1,\\N,\\\\N", "1,a\\,b", "1,a\\nb,\\r", "1,\\", "1,x\\", "\\1,a,b", "1\\,2,b,c", "1,\\\",x");
    rows(properties("field.delim", ",", "escape.delim", "#"), "string:string", "a#,b,c##d", "#N,\\N");
    rows(properties("field.delim", ",", "escape.delim", "92"), "string:string", "a\\,b,c");
    rows(properties("field.delim", ",", "serialization.last.column.takes.rest", "true"), "int:string", "1,a,b,c", "1", "1,", "1,\\N", "1,\\N,");
    rows(properties("field.delim", ",", "serialization.last.column.takes.rest", "TRUE"), "int:string", "1,a,b,c");
    rows(properties("field.delim", ",", "serialization.last.column.takes.rest", "1"), "int:string", "1,a,b,c");

    rows(properties("field.delim", ",", "colelction.delim", "|"), "array<int>:string", "1|2|3,x", "", ",x", "\\N,x", "1|\\N|x|,y", "|,y");
    rows(properties("field.delim", ","), "array<int>:string", "1\u00022,x");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "map<string,int>:int",
        "a:1|b:2,3", ",3", "\\N,3", "a,3", "a:,3", ":1,3", "a:1|a:2,3", "a:x|b:\\N,3", "\\N:1|b:2,3", "|,3", "a:1:2,3", "a:1|,3");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "map<int,string>:int", "1:a|x:b|2:c,3");
    rows(properties("field.delim", ",", "colelction.delim", "|"), "struct<a:int,b:string>:int", "1|x,2", "1,2", ",2", "\\N,2", "1|x|y,2", "|,2", "x|\\N,2");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "array<struct<a:int,b:string>>", "1:x|2:y", "1:x||\\N", "1");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "array<array<int>>", "1:2|3", "|1", "\\N|1");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "map<string,array<int>>", "a:1\u00042|b:3");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":"), "struct<a:map<string,int>,b:int>", "x:1|2", "x\u00041:y\u00042|3");
    rows(properties("field.delim", ",", "colelction.delim", "|", "escape.delim", "\\"), "array<string>:string", "a\\|b|c,d", "a\\,b|c,d", "\\N|\\\\N,d");
    rows(properties("field.delim", ",", "colelction.delim", "|", "escape.delim", "\\"), "struct<a:string,b:string>:int", "a\\|b|c,1", "a|b|c\\,d,1");
    rows(properties("field.delim", ",", "colelction.delim", "|", "mapkey.delim", ":", "escape.delim", "\\"), "map<string,string>:int", "a\\:b:c|d:e\\|f,1", "a:b:c,1", "a\\\\:b,1");
    rows(properties("field.delim", ",", "colelction.delim", "|", "serialization.last.column.takes.rest", "true"), "int:struct<a:int,b:string>", "1,2|x|y,z");
  }
}
