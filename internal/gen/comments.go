package gen

import (
	"go/doc/comment"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// doc writes a doc comment: the text of the .proto file's comment, or otherwise if
// it has none, and a paragraph that says that d is deprecated, if it is and the text
// does not say so.
func doc(g *protogen.GeneratedFile, d protoreflect.Descriptor, text protogen.Comments, otherwise ...string) {
	lines := commentLines(string(text))
	if len(lines) == 0 {
		lines = otherwise
	}
	for _, line := range lines {
		g.P(strings.TrimRight("// "+line, " "))
	}
	if isDeprecated(d) && !saysDeprecated(lines) {
		if len(lines) > 0 {
			g.P("//")
		}
		g.P("// ", deprecation(d))
	}
}

// deprecation returns the paragraph that tools recognise.
func deprecation(d protoreflect.Descriptor) string {
	return "Deprecated: Marked as deprecated in " + d.ParentFile().Path() + "."
}

// commentLines splits a comment into lines without the space after the slashes.
// What Go source cannot hold is replaced. Since doc puts the space back, no line
// can be a directive of the go command.
func commentLines(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\uFEFF' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Trim(text, "\n")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimRight(line, " \t"), " ")
	}
	return formatted(lines)
}

// formatted returns the lines of a comment as gofmt has them. It takes more than one
// pass, and generated files get only one, to have lists so that gofmt leaves them.
func formatted(lines []string) []string {
	for range 4 {
		text := new(comment.Printer).Comment(new(comment.Parser).Parse(strings.Join(lines, "\n")))
		next := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
		if slices.Equal(next, lines) {
			break
		}
		lines = next
	}
	return lines
}

func saysDeprecated(lines []string) bool {
	for i, line := range lines {
		if strings.HasPrefix(line, "Deprecated:") && (i == 0 || lines[i-1] == "") {
			return true
		}
	}
	return false
}
