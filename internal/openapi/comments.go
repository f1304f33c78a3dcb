package openapi

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// comment returns what is written above a definition, or else behind it, as Markdown.
// It is empty if the source is not at hand.
func comment(d protoreflect.Descriptor) string {
	file := d.ParentFile()
	if file == nil {
		return ""
	}
	at := file.SourceLocations().ByDescriptor(d)
	if s := cleaned(at.LeadingComments); s != "" {
		return s
	}
	return cleaned(at.TrailingComments)
}

var (
	// linterBlock is what api-linter reads in comments.
	linterBlock = regexp.MustCompile(`(?s)\(--.*?--\)`)
	// toolLine is a line that is for tools.
	toolLine = regexp.MustCompile(`^\s*(buf:lint:|protolint:|nolint\b|prototool:|@exclude\b|#nosec\b)`)
	// crossReference is "[Name][package.Name]", which has no target in the document.
	crossReference = regexp.MustCompile(`\[([^\[\]]+)\]\[[\w.]*\]`)
)

// cleaned returns a comment without what is for tools, and without the space that
// begins all its lines.
func cleaned(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r", ""), "\ufffd")
	s = linterBlock.ReplaceAllString(s, "")
	s = crossReference.ReplaceAllString(s, "$1")
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if toolLine.MatchString(line) {
			continue
		}
		line = strings.TrimRightFunc(strings.TrimPrefix(line, " "), unicode.IsSpace)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// summarize returns the first sentence of a comment, on one line and without its full
// stop.
func summarize(s string) string {
	paragraph, _, _ := strings.Cut(s, "\n\n")
	line := strings.Join(strings.Fields(paragraph), " ")
	for i, r := range line {
		if (r == '.' || r == '!' || r == '?') && endsSentence(line, i) {
			line = line[:i+1]
			break
		}
	}
	return strings.TrimSuffix(line, ".")
}

// endsSentence reports whether the mark at i does: a space and a capital letter follow,
// and it is not that of an abbreviation.
func endsSentence(line string, i int) bool {
	after, ok := strings.CutPrefix(line[i+1:], " ")
	if !ok {
		return false
	}
	for _, abbreviation := range []string{"e.g.", "i.e.", "etc.", "cf.", "vs."} {
		if strings.HasSuffix(line[:i+1], abbreviation) {
			return false
		}
	}
	next, _ := utf8.DecodeRuneInString(after)
	return !unicode.IsLower(next)
}

// joined returns paragraphs, leaving out empty ones.
func joined(paragraphs ...string) string {
	var all []string
	for _, p := range paragraphs {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, "\n\n")
}
