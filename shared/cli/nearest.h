// The word that somebody meant who typed another one. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace vivier::cli {

// How many letters one inserts, drops, replaces or swaps with their neighbour.
size_t EditDistance(const std::string& one, const std::string& other);

// The nearest of `known` to what was typed, in small letters or not; "" when none is near, that is
// within a third of its letters, or begins with it.
std::string Nearest(const std::string& typed, const std::vector<std::string>& known);

// What ends a sentence that says that there is none: "; did you mean verify?", or ".".
std::string DidYouMean(const std::string& typed, const std::vector<std::string>& known);

}  // namespace vivier::cli
