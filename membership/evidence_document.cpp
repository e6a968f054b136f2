#include "membership/evidence_document.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "detector/answer_record.hpp"
#include "membership/member_info.hpp"

namespace memberd {
namespace {

// Who saw it, as sentences need it.
struct Witness {
    bool is_us = false;
    std::string who;    // "we", or the name
    std::string whose;  // "our", or the name's
    std::string whom;   // "us", or the name

    [[nodiscard]] std::string_view verb(std::string_view ours, std::string_view theirs) const {
        return is_us ? ours : theirs;
    }

    // Behind what another has said.
    [[nodiscard]] std::string told() const { return is_us ? "" : ", as " + whom + " was told"; }
};

Witness witness_of(const std::string& source, std::string_view agent) {
    return source == agent ? Witness{true, "we", "our", "us"}
                           : Witness{false, source, source + "'s", source};
}

std::string misses_text(const EvidenceEntry& entry, const Witness& w) {
    const bool is_own_count = entry.other.empty();
    return fmt::format("{} {} {}, which missed {} of {} last {} probes{}",
                       is_own_count ? w.who : entry.other,
                       is_own_count ? w.verb("suspect", "suspects") : "suspects", entry.subject,
                       entry.misses, is_own_count ? w.verb("our", "its") : "its",
                       AnswerRecord::kLength, is_own_count ? "" : w.told());
}

// What another is said to have said; nobody in particular where the recorder named nobody.
std::string_view teller_of(const EvidenceEntry& entry) {
    return entry.other.empty() ? std::string_view("another's table") : entry.other;
}

std::string text_of(const EvidenceEntry& entry, const Witness& w) {
    const double age = seconds(entry.age);
    const std::string& name = entry.subject;
    const std::string& other = entry.other;
    switch (entry.kind) {
        case EvidenceKind::PingUnanswered:
            return fmt::format("{} ping of {} went unanswered for {:.2f} s", w.whose, name, age);
        case EvidenceKind::HelperAsked:
            return fmt::format("{} asked {} to ping {}", w.who, other, name);
        case EvidenceKind::HelperAlive:
            return fmt::format("{} told {} that {} answered a ping sent {:.2f} s before", other,
                               w.whom, name, age);
        case EvidenceKind::HelperNack:
            return fmt::format("{} told {} that it had no answer from {} either", other, w.whom,
                               name);
        case EvidenceKind::Suspected:
            return fmt::format("{} {} {} after {:.2f} s of silence, phi {:.1f}", w.who,
                               w.verb("suspect", "suspects"), name, age, entry.phi);
        case EvidenceKind::SuspectedBy:
            return fmt::format("{} suspects {} after {:.2f} s of silence{}", other, name, age,
                               w.told());
        case EvidenceKind::Answered:
            return fmt::format("{} answered {} after {:.2f} s", name, w.whom, age);
        case EvidenceKind::Withdrawn:
            return fmt::format("{} case against {} ended without a death", w.whose, name);
        case EvidenceKind::DeclaredDead:
            return fmt::format("{} declared {} dead; {} accused it", w.who, name, other);
        case EvidenceKind::HeardDead:
            return fmt::format("{} told {} that {} is dead", teller_of(entry), w.whom, name);
        case EvidenceKind::DeathNotBelieved:
            return fmt::format("{} did not believe {} that {} is dead: too few accusers live",
                               w.who, teller_of(entry), name);
        case EvidenceKind::Returned:
            return fmt::format("{} {} that {} is alive again", w.who, w.verb("see", "sees"), name);
        case EvidenceKind::LinkLost:
            return fmt::format("{} connection to {} ended", w.whose, name);
        case EvidenceKind::AnswersTooLittle:
            return misses_text(entry, w);
        case EvidenceKind::LinkBroken:
            return fmt::format("{} does not answer {}, but others reach it, {} the last", name,
                               w.whom, other);
        case EvidenceKind::LinkMended:
            return fmt::format("{} answers {} again", name, w.whom);
        case EvidenceKind::HeldBack:
            return fmt::format("{} heard of {} own death, and {} away for {:.0f} s", w.who,
                               w.verb("our", "its"), w.verb("stay", "stays"), age);
        case EvidenceKind::AccuserNamed:
            return fmt::format("{} accused {}, says the death that {} heard of", other, name,
                               w.who);
    }
    return "";
}

Document entry_document(const SourcedEvidence& evidence,
                        std::string_view agent,
                        Instant now,
                        WallTime wall) {
    const EvidenceEntry& entry = evidence.entry;
    Document phi;
    if (std::isfinite(entry.phi)) {
        phi = std::round(entry.phi * 100.0) / 100.0;
    }
    return Document{{"time", rfc3339(wall_time_of(entry.at, now, wall))},
                    {"source", evidence.source},
                    {"kind", to_string(entry.kind)},
                    {"other", entry.other},
                    {"age_ms", std::round(milliseconds(entry.age))},
                    {"phi", phi},
                    {"misses", entry.misses},
                    {"text", evidence_text(evidence, agent)}};
}

}  // namespace

std::string evidence_text(const SourcedEvidence& evidence, std::string_view agent) {
    return text_of(evidence.entry, witness_of(evidence.source, agent));
}

Document to_document(WhyAnswer answer, Instant now, WallTime wall) {
    std::stable_sort(answer.evidence.begin(), answer.evidence.end(),
                     [](const SourcedEvidence& a, const SourcedEvidence& b) {
                         return std::tie(a.entry.at, a.source) < std::tie(b.entry.at, b.source);
                     });
    Document evidence = Document::array();
    for (const SourcedEvidence& each : answer.evidence) {
        evidence.push_back(entry_document(each, answer.agent, now, wall));
    }
    return Document{{"name", std::move(answer.name)},
                    {"agent", std::move(answer.agent)},
                    {"state", answer.state ? Document(to_string(*answer.state)) : Document()},
                    {"asked", std::move(answer.asked)},
                    {"answered", std::move(answer.answered)},
                    {"evidence", std::move(evidence)}};
}

}  // namespace memberd
