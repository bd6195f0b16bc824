// What is odd in a LHÉO formation, element by element: against the grammar, and against what codes
// look like.
#pragma once

#include <vector>

#include "shared/formats/codes.h"
#include "shared/formats/xml.h"
#include "vivier/curriculum/v1/resources.pb.h"

namespace vivier::curriculum {

// Our reason for what a code check found.
v1::Finding::Reason ReasonOfCode(formats::CodeCheck::Reason reason);

// A warning about `node`: its path, place, field and the beginning of its text, except where it
// names a person.
v1::Finding WarningAt(const formats::Xml& xml, pugi::xml_node node, v1::Finding::Reason reason);

// Every oddity of `formation`, in the order of the document, as warnings.
std::vector<v1::Finding> CheckFormation(const formats::Xml& xml, pugi::xml_node formation);

}  // namespace vivier::curriculum
