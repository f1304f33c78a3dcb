package apidoc

import (
	"html"
	"regexp"
	"strings"
)

// markdown appends text as HTML: paragraphs, lists, tables and code, which is what
// comments have. All else is shown as it is written.
func markdown(b *strings.Builder, text string) {
	var block []string
	end := func() {
		if len(block) > 0 {
			writeBlock(b, block)
		}
		block = nil
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			end()
			i++
			b.WriteString("<pre>")
			for ; i < len(lines) && !strings.HasPrefix(lines[i], "```"); i++ {
				b.WriteString(html.EscapeString(lines[i]) + "\n")
			}
			b.WriteString("</pre>")
		case strings.TrimSpace(line) == "":
			end()
		case len(block) > 0 && isItem(line) != isItem(block[0]) && !strings.HasPrefix(line, "  "):
			end()
			block = append(block, line)
		default:
			block = append(block, line)
		}
	}
	end()
}

func isItem(line string) bool {
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ")
}

var tableRule = regexp.MustCompile(`^\|[ :|-]+\|$`)

// writeBlock writes lines that belong together.
func writeBlock(b *strings.Builder, lines []string) {
	switch {
	case isItem(lines[0]):
		b.WriteString("<ul>")
		for i, line := range lines {
			if isItem(line) {
				if i > 0 {
					b.WriteString("</li>")
				}
				b.WriteString("<li>" + inline(line[2:]))
				continue
			}
			b.WriteString(" " + inline(strings.TrimSpace(line)))
		}
		b.WriteString("</li></ul>")
	case len(lines) > 1 && strings.HasPrefix(lines[0], "|") && tableRule.MatchString(lines[1]):
		b.WriteString("<table>")
		row(b, "th", lines[0])
		for _, line := range lines[2:] {
			row(b, "td", line)
		}
		b.WriteString("</table>")
	default:
		b.WriteString("<p>" + inline(strings.Join(lines, "\n")) + "</p>")
	}
}

func row(b *strings.Builder, cell, line string) {
	b.WriteString("<tr>")
	for text := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		b.WriteString("<" + cell + ">" + inline(strings.TrimSpace(text)) + "</" + cell + ">")
	}
	b.WriteString("</tr>")
}

// inline returns text as HTML, with what stands between backticks as code.
func inline(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !ok || !closed {
			b.WriteString(html.EscapeString(text))
			return b.String()
		}
		b.WriteString(html.EscapeString(before) + "<code>" + html.EscapeString(code) + "</code>")
		text = after
	}
}
