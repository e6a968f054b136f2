#include <utility>

#include <fmt/format.h>

#include "membership/agent.hpp"
#include "membership/documents.hpp"

namespace memberd {

Document Agent::members_document() const {
    Document members = Document::array();
    for (const auto& [name, known] : recorder_.view().members()) {
        MemberInfo member = known;
        add_observation(member, engine_.observation(now_, name));
        members.push_back(to_document(member));
    }
    return members;
}

Document Agent::info_document() const {
    const EngineStatus status = engine_.status(now_);
    const MemberView self = engine_.self();
    Document data_dir;
    if (config_.data_dir) {
        data_dir = Document{
            {"path", *config_.data_dir},
            {"error", parts_.state_error.empty() ? Document() : Document(parts_.state_error)}};
    }
    return Document{
        {"name", config_.name},
        {"id", hex16(self.claim.instance)},
        {"address", to_string(self_address())},
        {"bind", to_string(parts_.transport->bound())},
        {"cluster", config_.cluster},
        {"generation", self.claim.generation},
        {"incarnation", self.claim.incarnation},
        {"zone", attributes_.zone},
        {"weight", static_cast<double>(attributes_.weight_milli) / kRingWeightMilliOne},
        {"tags", tags_document()},
        {"health", to_string(attributes_.health)},
        {"uptime_s", seconds(now_ - started_)},
        {"started", started_text_},
        {"joined", status.joined},
        {"members",
         {{"alive", status.alive},
          {"suspect", status.suspect},
          {"dead", status.dead},
          {"left", status.left}}},
        {"local_health", status.local_health},
        {"doubt", status.doubt.empty() ? Document() : Document(std::string(status.doubt))},
        {"ring_digest", hex16(recorder_.ring().digest())},
        {"view_digest", hex16(status.view_digest)},
        {"agreement", agreement_of(status)},
        {"digests_heard", status.digests_heard},
        {"digests_equal", status.digests_equal},
        {"epoch", recorder_.view().epoch()},
        {"seq", recorder_.view().seq()},
        {"profile", to_string(config_.profile)},
        {"detection", to_string(config_.detection)},
        {"versions", version_document()},
        {"runtime_dir", parts_.runtime_dir.path()},
        {"data_dir", std::move(data_dir)},
        {"seeds", seeds_document()},
        {"counters", counters_document()},
        {"transport", transport_document()},
        {"local",
         {{"requests", parts_.control.counters().requests},
          {"rejected", parts_.control.counters().rejected},
          {"replies_lost", parts_.control.counters().replies_lost},
          {"events", parts_.publisher.published_count()}}}};
}

Document Agent::seeds_document() const {
    Document seeds = Document::array();
    for (const Seed& seed : seeds_.seeds()) {
        Document resolved = Document::array();
        for (const Endpoint& endpoint : seed.addresses) {
            resolved.push_back(to_string(endpoint));
        }
        seeds.push_back(
            Document{{"address", fmt::format("{}:{}", seed.configured.host, seed.configured.port)},
                     {"resolved", std::move(resolved)},
                     {"error", seed.error ? Document(*seed.error) : Document()}});
    }
    return seeds;
}

Document Agent::counters_document() const {
    Document counters = to_document(engine_.counters());
    counters["pauses"] = pause_count_;
    counters["table_bytes"] = engine_.table_bytes();
    return counters;
}

Document Agent::transport_document() const {
    Document document = to_document(parts_.transport->counters());
    document["connections"] = parts_.transport->connection_count();
    return document;
}

Document Agent::ring_document() const {
    return Document{{"digest", hex16(recorder_.ring().digest())},
                    {"agreement", agreement_of(engine_.status(now_))},
                    {"balance", recorder_.ring().balance()},
                    {"members", ring_members_document(recorder_.ring())}};
}

Document Agent::tags_document() const {
    Document tags = Document::object();
    for (const auto& [key, value] : attributes_.tags) {
        tags[key] = value;
    }
    return tags;
}

}  // namespace memberd
