// Op `why`: evidence of this agent's own recorder, and of those of the members who may know more.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "membership/agent.hpp"
#include "membership/arguments.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEvidencePatience = 1s;
// The subject is asked too, dead or not. Where all others have answered it gets only this much: a
// dead one says nothing.
constexpr Duration kSubjectPatience = 250ms;
// Questions that wait for others, each for at most kEvidenceAskedMax of them.
constexpr std::size_t kWhysMax = 16;

}  // namespace

void Agent::serve_why(const Asker& asker, const Document& document) {
    Arguments arguments(document);
    const std::string name = arguments.text("name");
    if (!arguments.all_known()) {
        parts_.control.refuse(asker, "bad_request", arguments.error());
        return;
    }
    if (whys_.size() >= kWhysMax) {
        parts_.control.refuse(asker, "limit", "too many questions for evidence are under way");
        return;
    }
    const std::uint64_t cookie = next_cookie_++;
    PendingWhy why{asker, name, {}, {}, {}, now_ + kEvidencePatience};
    if (!is_stopping_) {
        why.asked = engine_.ask_evidence(now_, name, cookie, out_);
    }
    if (why.asked.empty()) {
        answer_why(why);
        return;
    }
    whys_.emplace(cookie, std::move(why));
}

void Agent::take_evidence(EvidenceReply& reply) {
    const auto found = whys_.find(reply.cookie);
    if (found == whys_.end()) {
        return;  // Too late, or nobody asked.
    }
    PendingWhy& why = found->second;
    const auto names = [&reply](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), reply.source) != list.end();
    };
    if (!names(why.asked) || names(why.answered)) {
        return;
    }
    for (EvidenceEntry& entry : reply.entries) {
        entry.subject = why.name;
        why.evidence.push_back({reply.source, std::move(entry)});
    }
    why.answered.push_back(reply.source);
    const auto left = why.asked.size() - why.answered.size();
    const bool has_subject_answered =
        std::find(why.answered.begin(), why.answered.end(), why.name) != why.answered.end();
    const bool is_subject_asked =
        std::find(why.asked.begin(), why.asked.end(), why.name) != why.asked.end();
    if (left == 0) {
        why.deadline = now_;
    } else if (left == 1 && is_subject_asked && !has_subject_answered) {
        why.deadline = std::min(why.deadline, now_ + kSubjectPatience);
    }
}

void Agent::finish_whys() {
    std::erase_if(whys_, [this](const auto& pending) {
        if (now_ < pending.second.deadline) {
            return false;
        }
        answer_why(pending.second);
        return true;
    });
}

void Agent::answer_why(const PendingWhy& why) {
    const MemberInfo* member = recorder_.view().find(why.name);
    WhyAnswer answer;
    answer.name = why.name;
    answer.agent = config_.name;
    if (member != nullptr) {
        answer.state = member->state;
    }
    answer.evidence = why.evidence;
    answer.asked = why.asked;
    answer.answered = why.answered;
    for (EvidenceEntry& entry : engine_.flight_recorder().about(why.name)) {
        answer.evidence.push_back({config_.name, std::move(entry)});
    }
    if (answer.evidence.empty() && !answer.state) {
        parts_.control.refuse(why.asker, "unknown_member",
                              fmt::format("no member {} is known here", why.name));
        return;
    }
    parts_.control.reply(why.asker, to_document(std::move(answer), now_, wall_), "evidence");
}

}  // namespace memberd
