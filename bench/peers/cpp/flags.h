// Command-line flags in the form every program of the bench takes: -name value or -name=value.
#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>

class Flags {
 public:
  // Parses the arguments; a flag that is not in `known` ends the process with code 2.
  Flags(int argc, char** argv, std::initializer_list<const char*> known);

  std::string String(const std::string& name, const std::string& fallback) const;
  long Number(const std::string& name, long fallback) const;
  // Takes Go's notation of durations, which the runner writes: 0, 500ms, 1.5s, 1m0s.
  std::chrono::nanoseconds Duration(const std::string& name, std::chrono::nanoseconds fallback) const;

 private:
  std::map<std::string, std::string> values_;
};

// Says what went wrong on stderr and ends the process: a bench that goes on after a failed call measures nothing.
[[noreturn]] void Fail(const std::string& what);

// Returns the whole text of a file.
std::string ReadFile(const std::string& path);
