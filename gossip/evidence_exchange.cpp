#include "gossip/evidence_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gossip/observers.hpp"

namespace memberd {
namespace {

// Members that own evidence names are asked before the observers, but must leave them room.
constexpr std::size_t kNamedAskedMax = 4;
// The longest envelope with heads, and the longest entry: what is full can be sent.
constexpr std::size_t kHeadBytesMax = 160;
constexpr std::size_t kItemBytesMax = 1 + 5 + 2 + kNameBytesMax + 4 * std::size_t{5};
static_assert(kHeadBytesMax + kEvidenceCountMax * kItemBytesMax <= kEvidenceBytesMax);

std::uint32_t wire_phi(double phi) {
    const double milli = std::round(phi * 1000.0);
    return milli >= 0.0 && milli < kPhiMilliInfinite ? static_cast<std::uint32_t>(milli)
                                                     : kPhiMilliInfinite;
}

double phi_of(std::uint32_t milli) {
    return milli == kPhiMilliInfinite ? std::numeric_limits<double>::infinity() : milli / 1000.0;
}

// What says who else may know: accusations, and who told us of the death.
bool names_a_witness(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::SuspectedBy:
        case EvidenceKind::AnswersTooLittle:
        case EvidenceKind::DeclaredDead:
        case EvidenceKind::HeardDead:
        case EvidenceKind::DeathNotBelieved:
        case EvidenceKind::HeldBack:
        case EvidenceKind::AccuserNamed:
            return true;
        case EvidenceKind::PingUnanswered:
        case EvidenceKind::HelperAsked:
        case EvidenceKind::HelperAlive:
        case EvidenceKind::HelperNack:
        case EvidenceKind::Suspected:
        case EvidenceKind::Answered:
        case EvidenceKind::Withdrawn:
        case EvidenceKind::Returned:
        case EvidenceKind::LinkLost:
        case EvidenceKind::LinkBroken:
        case EvidenceKind::LinkMended:
            return false;
    }
    return false;
}

}  // namespace

// --- Asking ---

std::vector<std::string> EvidenceExchange::ask(std::string_view subject, std::uint64_t cookie) {
    std::vector<std::string> asked;
    if (subject.empty() || subject.size() > kNameBytesMax) {
        return asked;
    }
    for (const Slot witness : witnesses(subject)) {
        core_.begin().evidence_request(core_.envelope(), {cookie, subject}, 0);
        core_.request(core_.endpoint_of(witness));
        asked.emplace_back(core_.name_of(witness));
    }
    return asked;
}

// Those who decided first, then the member itself, which alone knows why it stays away; then whom
// own evidence names, the latest first, and the observers as the rings of this view have them (of a
// dead member, as if it were there).
std::vector<Slot> EvidenceExchange::witnesses(std::string_view subject) const {
    std::vector<Slot> found;
    const Slot slot = core_.roster.find(subject);
    const auto add = [&](Slot witness) {
        // The subject is asked though it is held dead here: it may live.
        const bool can_answer =
            witness != kNoSlot && (witness == slot || core_.roster.is_live(witness));
        if (can_answer && witness != core_.self && found.size() < kEvidenceAskedMax &&
            std::find(found.begin(), found.end(), witness) == found.end()) {
            found.push_back(witness);
        }
    };
    if (const DeathRecord* death = slot == kNoSlot ? nullptr : core_.death_of(slot)) {
        for (std::size_t i = 0; i < death->accuser_count; ++i) {
            add(core_.roster.find_key(death->accuser_keys[i]));
        }
    }
    add(slot);
    for (const Slot named : named_in_own_evidence(subject)) {
        add(named);
    }
    if (slot != kNoSlot && core_.config.mode == Mode::Memberd) {
        std::vector<Slot> observers;
        find_observers(core_.roster, slot, static_cast<int>(core_.timing.ring_count), observers);
        for (const Slot observer : observers) {
            add(observer);
        }
    }
    return found;
}

std::vector<Slot> EvidenceExchange::named_in_own_evidence(std::string_view subject) const {
    std::vector<Slot> named;
    const std::vector<EvidenceEntry> evidence = core_.recorder.about(subject);
    for (auto entry = evidence.rbegin(); entry != evidence.rend(); ++entry) {
        const Slot slot = names_a_witness(entry->kind) && !entry->other.empty()
                              ? core_.roster.find(entry->other)
                              : kNoSlot;
        if (slot != kNoSlot && core_.roster.is_live(slot) && slot != core_.self &&
            named.size() < kNamedAskedMax &&
            std::find(named.begin(), named.end(), slot) == named.end()) {
            named.push_back(slot);
        }
    }
    return named;
}

void EvidenceExchange::on_evidence(const Evidence& evidence, Slot sender) {
    if (sender == kNoSlot) {
        return;
    }
    EvidenceReply reply;
    reply.cookie = evidence.cookie;
    reply.source = core_.name_of(sender);
    EvidenceItem item;
    for (ListCursor<EvidenceItem> cursor(evidence.items); cursor.next(item);) {
        if (item.kind >= kEvidenceKindCount) {
            continue;  // Of a later version: nothing that could be shown.
        }
        EvidenceEntry entry;
        entry.at = core_.now - std::chrono::milliseconds(item.ago_ms);
        entry.kind = static_cast<EvidenceKind>(item.kind);
        entry.other = item.other;
        entry.age = std::chrono::milliseconds(item.age_ms);
        entry.phi = phi_of(item.phi_milli);
        entry.misses = item.misses;
        reply.entries.push_back(std::move(entry));
    }
    core_.out->evidence_replies.push_back(std::move(reply));
}

// --- Answering ---

void EvidenceExchange::on_request(const EvidenceRequest& request, ReplyToken token, Slot sender) {
    if (sender == kNoSlot || token == 0) {
        return;
    }
    if (!may_answer()) {
        ++core_.counters.evidence_dropped;
        return;
    }
    ++core_.counters.evidence_answered;
    const std::vector<EvidenceEntry> entries =
        core_.recorder.telling_about(request.subject, kEvidenceCountMax);
    Encoder encoder = core_.begin();
    encoder.evidence(core_.envelope(), request.cookie, static_cast<std::uint32_t>(entries.size()),
                     0);
    for (const EvidenceEntry& entry : entries) {
        encoder.evidence_item({static_cast<std::uint32_t>(entry.kind), entry.other,
                               to_wire_ms(core_.now - entry.at), to_wire_ms(entry.age),
                               wire_phi(entry.phi), entry.misses});
    }
    core_.reply(token);
}

bool EvidenceExchange::may_answer() {
    constexpr Duration kSecond = std::chrono::seconds(1);
    if (second_began_ == Instant::min() || core_.now - second_began_ >= kSecond) {
        second_began_ = core_.now;
        answered_ = 0;
    }
    if (answered_ >= kEvidenceAnsweredASecond) {
        return false;
    }
    ++answered_;
    return true;
}

}  // namespace memberd
