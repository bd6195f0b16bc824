-- What a funder sees is found by the funder, without a look at what it may not see: the rows of
-- others, and drafts.
ALTER TABLE earnings ADD COLUMN funder TEXT NOT NULL DEFAULT '';
ALTER TABLE invoices ADD COLUMN funder TEXT NOT NULL DEFAULT '';
UPDATE earnings SET funder = COALESCE(
  (SELECT a.funder FROM funding_agreements a
   WHERE a.school = earnings.school AND a.name = earnings.funding_agreement), '');
UPDATE invoices SET funder = COALESCE(
  (SELECT a.funder FROM funding_agreements a
   WHERE a.school = invoices.school AND a.name = invoices.funding_agreement), '');
CREATE INDEX funding_agreements_by_funder ON funding_agreements (school, funder, name);
CREATE INDEX earnings_of_funder ON earnings (school, funder, name) WHERE invoice = '';
CREATE INDEX invoices_of_funder ON invoices (school, funder, name) WHERE state <> 'DRAFT';
