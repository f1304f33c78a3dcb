// Package term makes text for terminals.
package term

import (
	"io"
	"os"
)

// IsTerminal reports whether what is written to w is shown on a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// Style says whether text is styled. The zero Style leaves it plain.
type Style struct{ on bool }

// StyleFor returns the style for what is written to w: colours if it is a terminal,
// unless NO_COLOR is set (no-color.org).
func StyleFor(w io.Writer) Style {
	return Style{os.Getenv("NO_COLOR") == "" && IsTerminal(w)}
}

// Colours returns the style with colours, whatever the text is written to.
func Colours() Style { return Style{true} }

// ECMA-48 §8.3.117, SGR.
func (s Style) sgr(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold returns text in bold.
func (s Style) Bold(text string) string { return s.sgr("1", text) }

// Dim returns text that steps back.
func (s Style) Dim(text string) string { return s.sgr("2", text) }

// Red is for what failed.
func (s Style) Red(text string) string { return s.sgr("31", text) }

// Green is for what succeeded.
func (s Style) Green(text string) string { return s.sgr("32", text) }

// Yellow is for hints.
func (s Style) Yellow(text string) string { return s.sgr("33", text) }

// Blue is one of two sides.
func (s Style) Blue(text string) string { return s.sgr("34", text) }

// Cyan is the other.
func (s Style) Cyan(text string) string { return s.sgr("36", text) }
