#include "flags.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

Flags::Flags(int argc, char** argv, std::initializer_list<const char*> known) {
  auto usage = [](const std::string& problem) {
    std::cerr << problem << std::endl;
    std::exit(2);
  };
  for (int i = 1; i < argc; i++) {
    std::string name = argv[i], value;
    name.erase(0, name.find_first_not_of('-'));
    if (auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (++i < argc) {
      value = argv[i];
    } else {
      usage("flag -" + name + " has no value");
    }
    bool found = false;
    for (const char* flag : known) found = found || name == flag;
    if (!found) usage("unknown flag -" + name);
    values_[name] = value;
  }
}

std::string Flags::String(const std::string& name, const std::string& fallback) const {
  auto found = values_.find(name);
  return found == values_.end() ? fallback : found->second;
}

long Flags::Number(const std::string& name, long fallback) const {
  auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  char* end;
  long number = std::strtol(found->second.c_str(), &end, 10);
  if (end == found->second.c_str() || *end != 0) Fail("-" + name + " " + found->second + ": not a number");
  return number;
}

std::chrono::nanoseconds Flags::Duration(const std::string& name, std::chrono::nanoseconds fallback) const {
  static const std::map<std::string, double> units = {
      {"", 0}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  double total = 0;
  const char* at = found->second.c_str();
  while (*at != 0) {
    char* end;
    double count = std::strtod(at, &end);
    std::string unit;
    const char* rest = end;
    while (*rest != 0 && (*rest < '0' || *rest > '9')) unit += *rest++;
    auto scale = units.find(unit);
    // Only zero may stand without a unit.
    if (end == at || scale == units.end() || (unit.empty() && count != 0)) {
      Fail("-" + name + " " + found->second + ": not a duration");
    }
    total += count * scale->second;
    at = rest;
  }
  return std::chrono::nanoseconds(static_cast<long long>(total));
}

void Fail(const std::string& what) {
  std::cerr << what << std::endl;
  // gRPC's threads may be in the middle of a callback: run no destructors under them.
  _exit(1);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
