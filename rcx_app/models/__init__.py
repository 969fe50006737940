"""The tables, one family a file. Importing this package knows them all (for migrations)."""

from rcx_app.models.audit import AuditEvent, AuditHead
from rcx_app.models.base import WorkspaceRow
from rcx_app.models.booking import (
    AgentCalendar,
    Booking,
    BookingEvent,
    BookingQuarter,
    CalendarException,
)
from rcx_app.models.falls import CountFall
from rcx_app.models.health import HealthChange
from rcx_app.models.identity import AuthSession, Membership, OneTimeLink, User, Workspace
from rcx_app.models.integrations import Connection, ImportFile, ImportProfile, StagedRecord, SyncRun
from rcx_app.models.jobs import JobRun
from rcx_app.models.mail import Mail
from rcx_app.models.mapping import AccountMapping, MappingCandidate, MappingEvent
from rcx_app.models.matching import MatchModel, ThresholdChange
from rcx_app.models.notifications import Notice, NoticeChoice, NoticeCursor
from rcx_app.models.onboarding import Intake, StageChange
from rcx_app.models.people import (
    EmailChange,
    IdentityLink,
    IdentityProvider,
    Invitation,
    OpenIdAttempt,
    RecoveryCode,
)
from rcx_app.models.psa import Agreement, Client, Invoice, InvoiceLine, Line, LineHistory, Product, SourceRow
from rcx_app.models.reconcile import ClientTotal, Finding, Flag, ReconcileRun
from rcx_app.models.review import FindingReview, ReviewBatch, ReviewEvent
from rcx_app.models.rules import Exclusion, ServiceRule, ServiceRuleVersion
from rcx_app.models.schedules import SyncSchedule
from rcx_app.models.staff import Announcement, AnnouncementRead, EgressAddress, StaffNote, SupportAccess
from rcx_app.models.subscription import (
    Plan,
    PlanChange,
    PlanClient,
    PlanCredit,
    PlanDelivery,
    PlanInvoice,
    PlanInvoiceLine,
    PlanIssuer,
    PlanItem,
    PlanSubscription,
    PlanVersion,
)
from rcx_app.models.support import (
    SupportAttachment,
    SupportDraft,
    SupportEntry,
    SupportNote,
    SupportPresence,
    SupportTemplate,
    SupportTicket,
)
from rcx_app.models.usage import Account, Charge, Seat, Sku, Subscription
from rcx_app.models.views import ColumnChoice, CurrencyRate, SavedView
from rcx_app.models.writeback import ChangeSet, LineChange, WriteAccess, WriteIntent, WritePolicy

__all__ = [
    "Account",
    "AccountMapping",
    "AgentCalendar",
    "Agreement",
    "Announcement",
    "AnnouncementRead",
    "AuditEvent",
    "AuditHead",
    "AuthSession",
    "Booking",
    "BookingEvent",
    "BookingQuarter",
    "CalendarException",
    "ChangeSet",
    "Charge",
    "Client",
    "ClientTotal",
    "ColumnChoice",
    "Connection",
    "CountFall",
    "CurrencyRate",
    "EgressAddress",
    "EmailChange",
    "Exclusion",
    "Finding",
    "FindingReview",
    "Flag",
    "HealthChange",
    "IdentityLink",
    "IdentityProvider",
    "ImportFile",
    "ImportProfile",
    "Intake",
    "Invitation",
    "Invoice",
    "InvoiceLine",
    "JobRun",
    "Line",
    "LineChange",
    "LineHistory",
    "Mail",
    "MappingCandidate",
    "MappingEvent",
    "MatchModel",
    "Membership",
    "Notice",
    "NoticeChoice",
    "NoticeCursor",
    "OneTimeLink",
    "OpenIdAttempt",
    "Plan",
    "PlanChange",
    "PlanClient",
    "PlanCredit",
    "PlanDelivery",
    "PlanInvoice",
    "PlanInvoiceLine",
    "PlanIssuer",
    "PlanItem",
    "PlanSubscription",
    "PlanVersion",
    "Product",
    "ReconcileRun",
    "RecoveryCode",
    "ReviewBatch",
    "ReviewEvent",
    "SavedView",
    "Seat",
    "ServiceRule",
    "ServiceRuleVersion",
    "Sku",
    "SourceRow",
    "StaffNote",
    "StageChange",
    "StagedRecord",
    "Subscription",
    "SupportAccess",
    "SupportAttachment",
    "SupportDraft",
    "SupportEntry",
    "SupportNote",
    "SupportPresence",
    "SupportTemplate",
    "SupportTicket",
    "SyncRun",
    "SyncSchedule",
    "ThresholdChange",
    "User",
    "Workspace",
    "WorkspaceRow",
    "WriteAccess",
    "WriteIntent",
    "WritePolicy",
]
