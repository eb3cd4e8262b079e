#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/app/reverts.h"
#include "controller/plan/agenda.h"
#include "controller/plan/changes.h"
#include "lib/reconcile/retries.h"
#include "sim/controller/ground.h"

namespace fairlead::sim::cluster {

Name name_of(const controller::Object& object);
// None of a kind that the controller never writes nor waits for.
std::optional<controller::Object> object_of(const Name& name);

// One round's writes, carried out as controller/app/writer.h says, against the model: step after step, those
// of one step side by side; what a write takes for gone is read first; one write an object; what fails waits.
class Writing {
 public:
  struct Outcome {
    controller::Moves moved;
    bool at_rest = true;
    std::set<api::ObjectKey> left;  // sets of which real servers alone had to be written, and were left
  };
  using Later = std::function<void(std::function<void()>)>;  // of this process, while it lives and runs
  using OnDone = std::function<void(const Outcome&)>;

  Writing(Ground& ground, Later later) : ground_(ground), later_(std::move(later)) {}

  void carry_out(std::vector<controller::Write> writes, OnDone on_done);
  void drop_rest();
  bool is_ours(const controller::Object& object, const std::string& version) const;
  std::optional<TimePoint> next_retry() const;
  controller::Fought fought() const;
  // When a write was last sent.
  std::optional<TimePoint> last_sent() const { return last_sent_; }

 private:
  void go_on();
  void confirm(const controller::Write& write, std::size_t at);
  void looked_up(const controller::Write& write, std::size_t at, const std::optional<Answer>& answer);
  void send(const controller::Write& write);
  void answered(const controller::Write& write, const std::optional<Answer>& answer);
  void succeeded(const controller::Write& write, const Answer& answer);
  void end_of(const controller::Write& write);

  Ground& ground_;
  Later later_;
  std::vector<controller::Write> writes_;
  std::size_t sent_ = 0;
  controller::Step step_{};
  std::set<controller::Object> under_way_;
  Outcome outcome_;
  OnDone on_done_;
  reconcile::Retries retries_;
  controller::Reverts reverts_;
  std::optional<TimePoint> last_sent_;
};

}  // namespace fairlead::sim::cluster
