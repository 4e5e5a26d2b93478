package dev.sluice.data;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericDeclaration;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes a class as Java source without method bodies: its public and protected members, sorted, so
 * that the text does not depend on the order in which reflection finds them.
 */
final class DeclarationWriter {
  private static final Pattern QUALIFIED = Pattern.compile("((?:[a-z]\\w*\\.)+)([A-Z]\\w*)");

  /** Simple names that, begun with a small letter, are no identifiers. */
  private static final Set<String> RESERVED =
      Set.of(
          "boolean", "byte", "char", "class", "double", "enum", "float", "int", "long", "package",
          "short", "void");

  private final Class<?> top;
  private final Set<String> imports = new TreeSet<>();
  private final StringBuilder body = new StringBuilder();

  DeclarationWriter(Class<?> top) {
    this.top = top;
  }

  /** The package, the imports and the class with its nested classes. */
  String compilationUnit() {
    writeClass(top, "");
    StringBuilder unit = new StringBuilder("package " + top.getPackageName() + ";\n\n");
    imports.forEach(name -> unit.append("import ").append(name).append(";\n"));
    return unit.append(imports.isEmpty() ? "" : "\n").append(body).toString();
  }

  private void writeClass(Class<?> type, String indent) {
    String inner = indent + "  ";
    body.append(annotations(type, indent)).append(indent).append(header(type)).append(" {\n");
    if (type.isEnum()) {
      body.append(inner).append(enumConstants(type)).append(";\n\n");
    }
    visible(type.getDeclaredFields())
        .filter(field -> !field.isEnumConstant())
        .map(field -> annotations(field, inner) + inner + declaration(field) + ";\n")
        .sorted()
        .forEach(body::append);
    for (Executable[] group : List.of(type.getDeclaredConstructors(), type.getDeclaredMethods())) {
      visible(group)
          .map(member -> annotations(member, inner) + inner + declaration(member) + ";\n")
          .sorted()
          .forEach(body::append);
    }
    Arrays.stream(type.getDeclaredClasses())
        .filter(nested -> isVisible(nested.getModifiers()))
        .sorted(Comparator.comparing(Class::getName))
        .forEach(nested -> {
          body.append('\n');
          writeClass(nested, inner);
        });
    body.append(indent).append("}\n");
  }

  private static <M extends Member> Stream<M> visible(M[] members) {
    return Arrays.stream(members)
        .filter(member -> isVisible(member.getModifiers()) && !member.isSynthetic());
  }

  private static boolean isVisible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static String annotations(AnnotatedElement element, String indent) {
    String text = "";
    if (element.isAnnotationPresent(Deprecated.class)) {
      text += indent + "@Deprecated\n";
    }
    if (element.isAnnotationPresent(FunctionalInterface.class)) {
      text += indent + "@FunctionalInterface\n";
    }
    return text;
  }

  private String header(Class<?> type) {
    int modifiers = type.getModifiers() & Modifier.classModifiers();
    if (type.isInterface() || type.isEnum()) {
      modifiers &= ~(Modifier.ABSTRACT | Modifier.STATIC | Modifier.FINAL);
    }
    String kind =
        type.isAnnotation()
            ? "@interface"
            : type.isInterface() ? "interface" : type.isEnum() ? "enum" : "class";
    String text = prefix(modifiers) + kind + " " + type.getSimpleName() + typeParameters(type);
    Type parent = type.getGenericSuperclass();
    if (parent != null && parent != Object.class && !type.isEnum()) {
      text += " extends " + name(parent);
    }
    if (type.getGenericInterfaces().length > 0 && !type.isAnnotation()) {
      text += type.isInterface() ? " extends " : " implements ";
      text += names(type.getGenericInterfaces(), ", ");
    }
    return text;
  }

  private static String enumConstants(Class<?> type) {
    return Arrays.stream(type.getDeclaredFields())
        .filter(Field::isEnumConstant)
        .map(Field::getName)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private String declaration(Field field) {
    int modifiers = field.getModifiers() & Modifier.fieldModifiers();
    return prefix(modifiers) + name(field.getGenericType()) + " " + field.getName();
  }

  private String declaration(Executable member) {
    int modifiers = member.getModifiers() & ~(Modifier.NATIVE | Modifier.SYNCHRONIZED);
    boolean inInterface = member.getDeclaringClass().isInterface();
    if (inInterface) {
      modifiers &= ~(Modifier.PUBLIC | Modifier.ABSTRACT);
    }
    String generics = typeParameters(member);
    String text =
        prefix(
                modifiers
                    & (member instanceof Method
                        ? Modifier.methodModifiers()
                        : Modifier.constructorModifiers()))
            + (member instanceof Method method && method.isDefault() ? "default " : "")
            + (generics.isEmpty() ? "" : generics + " ");
    text +=
        switch (member) {
          case Method method -> name(method.getGenericReturnType()) + " " + method.getName();
          case Constructor<?> constructor -> constructor.getDeclaringClass().getSimpleName();
        };
    text += "(" + parameters(member) + ")";
    if (member.getGenericExceptionTypes().length > 0) {
      text += " throws " + names(member.getGenericExceptionTypes(), ", ");
    }
    return text;
  }

  private String parameters(Executable member) {
    Type[] types = member.getGenericParameterTypes();
    List<String> written = new ArrayList<>();
    Set<String> used = new HashSet<>();
    for (int i = 0; i < types.length; i++) {
      String type = name(types[i]);
      String name = parameterName(type);
      for (int number = 2; !used.add(name); number++) {
        name = parameterName(type) + number;
      }
      boolean variable = member.isVarArgs() && i == types.length - 1;
      if (variable) {
        type = type.substring(0, type.length() - "[]".length()) + "...";
      }
      written.add(type + " " + name);
    }
    return String.join(", ", written);
  }

  /** A name made of the type, as class files of the JDK do not keep the parameters' own. */
  private static String parameterName(String type) {
    String simple = type.replaceAll("<.*>|\\[\\]", "");
    simple = simple.substring(simple.lastIndexOf('.') + 1);
    String name = Character.toLowerCase(simple.charAt(0)) + simple.substring(1);
    if (type.endsWith("[]")) {
      return name + "s";
    }
    return RESERVED.contains(name) ? name.charAt(0) + "" : name;
  }

  private static String prefix(int modifiers) {
    return modifiers == 0 ? "" : Modifier.toString(modifiers) + " ";
  }

  private String typeParameters(GenericDeclaration declaration) {
    TypeVariable<?>[] variables = declaration.getTypeParameters();
    return variables.length == 0
        ? ""
        : Arrays.stream(variables).map(this::bounded).collect(Collectors.joining(", ", "<", ">"));
  }

  private String bounded(TypeVariable<?> variable) {
    Type[] bounds = variable.getBounds();
    return bounds.length == 0 || bounds[0] == Object.class
        ? variable.getName()
        : variable.getName() + " extends " + names(bounds, " & ");
  }

  private String names(Type[] types, String separator) {
    return Arrays.stream(types).map(this::name).collect(Collectors.joining(separator));
  }

  /** A type without the packages, which go to the imports. */
  private String name(Type type) {
    Matcher qualified = QUALIFIED.matcher(type.getTypeName());
    StringBuilder text = new StringBuilder();
    while (qualified.find()) {
      String packageName = qualified.group(1).substring(0, qualified.group(1).length() - 1);
      if (!packageName.equals("java.lang") && !packageName.equals(top.getPackageName())) {
        imports.add(packageName + "." + qualified.group(2));
      }
      qualified.appendReplacement(text, Matcher.quoteReplacement(qualified.group(2)));
    }
    return qualified.appendTail(text).toString().replace('$', '.');
  }
}
