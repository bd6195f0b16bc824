// Which element of a LHÉO formation is which field of a programme, said once for both directions.
// Reading leaves the tree alone; writing touches an element only where it does not already say what
// the field says, so whatever has no field stays as it came. Reading what was written gives the
// same programme.
#pragma once

#include "pugixml.hpp"
#include "vivier/curriculum/v1/resources.pb.h"

namespace vivier::curriculum {

// Fills the content fields of `programme` from `formation`.
void ReadFormation(pugi::xml_node formation, v1::Programme& programme);

// Makes `formation` say what `programme` says, with its elements in LHÉO's order.
void WriteFormation(const v1::Programme& programme, pugi::xml_node formation);

}  // namespace vivier::curriculum
