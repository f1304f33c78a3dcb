package generate

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A managedString is a file option of type string that rules set.
type managedString struct {
	name           string
	prefix, suffix bool // whether there are <name>_prefix and <name>_suffix
	// byDefault says what the option is without a rule; nil is nothing.
	byDefault func(managedFile) stringValue
	// make makes the value from a prefix and a suffix.
	make func(f managedFile, prefix, suffix string) string
}

// A managedScalar is a file option of another type.
type managedScalar struct {
	name, byDefault string
}

var managedScalars = []managedScalar{
	{"cc_enable_arenas", "true"},
	{"java_multiple_files", "true"},
	{"java_string_check_utf8", "false"},
	{"optimize_for", "SPEED"},
}

var managedStrings = []managedString{
	{name: "csharp_namespace", prefix: true, byDefault: value(csharpNamespace), make: func(f managedFile, prefix, _ string) string {
		return join(".", prefix, csharpNamespace(f))
	}},
	{name: "go_package", prefix: true, make: func(f managedFile, prefix, _ string) string {
		return path.Join(prefix, path.Dir(f.GetName())) + versionedPackage(f.GetPackage())
	}},
	{name: "java_outer_classname", byDefault: value(func(f managedFile) string { return pascalCase(path.Base(f.GetName())) })},
	{name: "java_package", prefix: true, suffix: true,
		byDefault: func(managedFile) stringValue { return stringValue{prefix: "com"} },
		make: func(f managedFile, prefix, suffix string) string {
			if f.GetPackage() == "" {
				return ""
			}
			return join(".", prefix, f.GetPackage(), suffix)
		}},
	{name: "objc_class_prefix", byDefault: value(objcClassPrefix)},
	{name: "php_namespace", byDefault: value(phpNamespace)},
	{name: "php_metadata_namespace", suffix: true,
		byDefault: value(func(f managedFile) string { return withSuffix(phpNamespace(f), `\`, "GPBMetadata") }),
		make:      func(f managedFile, _, suffix string) string { return withSuffix(phpNamespace(f), `\`, suffix) }},
	{name: "ruby_package", suffix: true, byDefault: value(rubyPackage), make: func(f managedFile, _, suffix string) string {
		return withSuffix(rubyPackage(f), "::", suffix)
	}},
	{name: "swift_prefix"},
}

// isManaged reports whether rules can name an option.
func isManaged(option string) bool {
	return slices.ContainsFunc(managedScalars, func(o managedScalar) bool { return o.name == option }) ||
		slices.ContainsFunc(managedStrings, func(o managedString) bool {
			return o.name == option || o.prefix && o.name+"_prefix" == option || o.suffix && o.name+"_suffix" == option
		})
}

func value(f func(managedFile) string) func(managedFile) stringValue {
	return func(file managedFile) stringValue { return stringValue{value: f(file)} }
}

// join joins the parts that are not empty.
func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}

func withSuffix(s, separator, suffix string) string {
	if s == "" {
		return ""
	}
	return join(separator, s, suffix)
}

// packageParts returns the file's package with each part changed by f.
func packageParts(f managedFile, change func(string) string) []string {
	if f.GetPackage() == "" {
		return nil
	}
	parts := strings.Split(f.GetPackage(), ".")
	for i, part := range parts {
		parts[i] = change(part)
	}
	return parts
}

func csharpNamespace(f managedFile) string { return strings.Join(packageParts(f, pascalCase), ".") }
func rubyPackage(f managedFile) string     { return strings.Join(packageParts(f, pascalCase), "::") }

func phpNamespace(f managedFile) string {
	return strings.Join(packageParts(f, func(part string) string {
		if slices.Contains(phpReserved, strings.ToLower(part)) {
			return pascalCase(part) + "_"
		}
		return pascalCase(part)
	}), `\`)
}

// phpReserved are the words that no part of a PHP namespace may be.
// https://www.php.net/manual/en/reserved.php
var phpReserved = strings.Fields(`
	abstract and arithmeticerror array as assertionerror bool break callable case catch class clone closure const
	continue declare default die directory divisionbyzeroerror do echo else elseif empty enddeclare endfor
	endforeach endif endswitch endwhile error errorexception eval exception exit extends false final finally float
	fn for foreach function generator global goto if implements include include_once instanceof insteadof int
	interface isset iterable list match namespace new null or parseerror print private protected public require
	require_once return static string switch throw throwable trait true try typeerror unset use var void while xor
	yield`)

// objcClassPrefix is the initials of the package's parts, at least three letters.
// GPB is protobuf's own.
func objcClassPrefix(f managedFile) string {
	parts := packageParts(f, func(part string) string { return strings.ToUpper(part[:1]) })
	if len(parts) == 0 {
		return ""
	}
	if versionedPackage(f.GetPackage()) != "" {
		parts = parts[:len(parts)-1]
	}
	prefix := strings.Join(parts, "")
	prefix += strings.Repeat("X", max(0, 3-len(prefix)))
	if prefix == "GPB" {
		return "GPX"
	}
	return prefix
}

var version = regexp.MustCompile(`^v[1-9][0-9]*(p[1-9][0-9]*)?((alpha|beta)([1-9][0-9]*)?|test.*)?$`)

// versionedPackage returns ";userv1" for a package that ends in user.v1: what makes
// Go call it not v1. For others it returns "".
func versionedPackage(pkg string) string {
	parts := strings.Split(pkg, ".")
	n := len(parts)
	if n < 2 || !version.MatchString(parts[n-1]) {
		return ""
	}
	return ";" + parts[n-2] + parts[n-1]
}

// pascalCase turns user_account.proto into UserAccountProto.
func pascalCase(s string) string {
	var b strings.Builder
	upper := true
	for _, r := range s {
		if strings.ContainsRune("-_ .\t\r\n", r) {
			upper = true
			continue
		}
		if upper {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		upper = false
	}
	return b.String()
}
