#include "services/partners/companies/rules.h"

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/formats/codes.h"

namespace vivier::partners {

absl::Status CheckSiret(const v1::Company& company) {
  if (formats::CheckSiret(IdOf(company.name())).verdict == formats::CodeCheck::Verdict::kOk)
    return absl::OkStatus();
  return InvalidField("company_id",
                      "is no SIRET: 14 digits whose check digits fit, the SIREN's included");
}

absl::Status CheckTerms(const v1::Partnership& partnership) {
  if (partnership.kind() == v1::Partnership::KIND_UNSPECIFIED)
    return InvalidField("partnership.kind", "is required");
  if (partnership.has_end_date() &&
      ToCivil(partnership.end_date()) < ToCivil(partnership.start_date()))
    return InvalidField("partnership.end_date", "is before start_date");
  return absl::OkStatus();
}

}  // namespace vivier::partners
