# SPDX-License-Identifier: Apache-2.0
"""Money: periods and rates, budgets and funding, commitments and accruals, and the ledger."""

from pilothouse.delivery.finance.models.budgets import (
    Budget,
    BudgetLine,
    ContingencyDraw,
    FundingRelease,
)
from pilothouse.delivery.finance.models.cases import CaseFlow, FinancialCase
from pilothouse.delivery.finance.models.commitments import (
    Accrual,
    Commitment,
    CommitmentLine,
    Receipt,
)
from pilothouse.delivery.finance.models.forecasts import (
    Forecast,
    ForecastLine,
    ForecastPart,
    VarianceReason,
)
from pilothouse.delivery.finance.models.kinds import Category, Nature
from pilothouse.delivery.finance.models.ledger import Actual, LedgerBatch, LedgerMapping
from pilothouse.delivery.finance.models.ledger_work import (
    CostTotal,
    LedgerCorrection,
    LedgerUpload,
    Reconciliation,
    ReconciliationLine,
)
from pilothouse.delivery.finance.models.periods import FinancePolicy, FiscalPeriod
from pilothouse.delivery.finance.models.rates import CostRate, ExchangeRate
from pilothouse.delivery.finance.models.tellings import AccountRule, CodeRule
from pilothouse.delivery.finance.models.totals import StreamTotal

__all__ = [
    "AccountRule",
    "Accrual",
    "Actual",
    "Budget",
    "BudgetLine",
    "CaseFlow",
    "Category",
    "CodeRule",
    "Commitment",
    "CommitmentLine",
    "ContingencyDraw",
    "CostRate",
    "CostTotal",
    "ExchangeRate",
    "FinancePolicy",
    "FinancialCase",
    "FiscalPeriod",
    "Forecast",
    "ForecastLine",
    "ForecastPart",
    "FundingRelease",
    "LedgerBatch",
    "LedgerCorrection",
    "LedgerMapping",
    "LedgerUpload",
    "Nature",
    "Receipt",
    "Reconciliation",
    "ReconciliationLine",
    "StreamTotal",
    "VarianceReason",
]
