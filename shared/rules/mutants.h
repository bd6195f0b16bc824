// A rule table with one thing wrong: a row dropped, an answer flipped, a bound or a day moved by
// one, a condition widened to anything, a figure changed. Cases that let a mutant live do not prove
// what the table says. Functions without state, by chance only as their seed says; thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/rules/table.h"

namespace vivier::rules {

struct Survivor {
  int line = 0;
  std::string what;  // "load row 2: learners widened to anything"
};

// Calls `see` with each mutant of `table`. The same seed flips an answer to the same other one.
void ForEachMutant(const Table& table, uint32_t seed,
                   const std::function<void(const Table& mutant, const Survivor& change)>& see);

// The mutants that no case of the table notices.
std::vector<Survivor> FindSurvivors(const Table& table, uint32_t seed);

}  // namespace vivier::rules
