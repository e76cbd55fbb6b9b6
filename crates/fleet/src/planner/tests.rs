//! Plans and their trees, small enough to be checked by eye.

use super::*;
use crate::dc::DcRules;
use crate::hostset::HostSet;
use crate::inventory::{self, Inventories};
use crate::pattern::Target;
use mcom_model::{Credentials, DcRule, HostId, Plan, PlanRequest, RunLimits, TreeShape, limits};

struct Setup {
    inventory: Inventories,
    rules: DcRules,
    preferred: HostSet,
    user: Option<&'static str>,
    width: u32,
    depth: Option<u32>,
    credentials: Credentials,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            inventory: Inventories::default(),
            rules: DcRules::default(),
            preferred: HostSet::new(),
            user: None,
            width: 32,
            depth: None,
            credentials: Credentials::Own,
        }
    }
}

impl Setup {
    fn plan(&self, targets: &[Target]) -> Result<Plan, PlanError> {
        plan(PlanInput {
            request: PlanRequest::default(),
            targets,
            inventory: &self.inventory,
            rules: &self.rules,
            preferred: &self.preferred,
            user: self.user,
            credentials: self.credentials,
            shape: TreeShape { width: self.width, depth: self.depth },
            payload: None,
            limits: RunLimits::default(),
        })
    }
}

fn mails(count: u32, dcs: &[&str]) -> Vec<Target> {
    dcs.iter().flat_map(|dc| (1..=count).map(move |n| Target::named(format!("mail{n}-{dc}")))).collect()
}

fn inventory(text: &str) -> Inventories {
    Inventories::new(vec![inventory::parse("inv", "inv.toml", text).unwrap()])
}

fn first_parent(plan: &Plan, preferred: &HostSet) -> (String, String) {
    let (host, why) = trees(plan, preferred)[0].parent.unwrap();
    (plan.host(host).name.clone(), why.to_string())
}

#[test]
fn hosts_are_in_natural_order_and_grouped_by_datacenter() {
    let plan = Setup::default().plan(&mails(10, &["dc2", "dc1"])).unwrap();
    assert_eq!(plan.hosts[0].name, "mail1-dc1");
    assert_eq!(plan.hosts[1].name, "mail1-dc2");
    assert_eq!(plan.hosts[19].name, "mail10-dc2");
    let names: Vec<_> = plan.datacenters.iter().map(|dc| (dc.name.as_str(), dc.rule, dc.members.len())).collect();
    assert_eq!(names, [("dc1", DcRule::NameSuffix, 10), ("dc2", DcRule::NameSuffix, 10)]);
    for id in plan.host_ids() {
        assert!(plan.dc_of(id).members.contains(&id));
    }
}

#[test]
fn the_same_hosts_give_the_same_plan_in_any_order() {
    let mut targets = mails(50, &["dc1", "dc2"]);
    let plan = Setup::default().plan(&targets).unwrap();
    targets.reverse();
    assert_eq!(Setup::default().plan(&targets).unwrap(), plan);
}

#[test]
fn a_parent_has_a_reason() {
    let none = HostSet::new();
    let by_hash = Setup::default().plan(&mails(10, &["dc1"])).unwrap();
    assert_eq!(first_parent(&by_hash, &none).1, "first by stable hash of 10 with weight 1");

    let weights = "[[hosts]]\npattern='mail[1-10]-dc1'\n[[hosts]]\npattern='mail7-dc1'\nweight=5\n";
    let mut setup = Setup { inventory: inventory(weights), ..Setup::default() };
    let by_weight = setup.plan(&mails(10, &["dc1"])).unwrap();
    assert_eq!(first_parent(&by_weight, &none), ("mail7-dc1".into(), "highest weight 5".into()));

    setup.preferred = ["mail3-dc1"].into_iter().collect();
    let by_hand = setup.plan(&mails(10, &["dc1"])).unwrap();
    assert_eq!(first_parent(&by_hand, &setup.preferred), ("mail3-dc1".into(), "--parents".into()));
    assert_eq!(by_hand.datacenters[0].members[1], by_weight.datacenters[0].members[0], "the others keep their order");
}

#[test]
fn weight_zero_is_never_a_parent_unless_it_is_asked_for() {
    let zero = "[[hosts]]\npattern='mail[1-3]-dc1'\nweight=0\n";
    let mut setup = Setup { inventory: inventory(zero), ..Setup::default() };
    let plan = setup.plan(&mails(3, &["dc1"])).unwrap();
    let tree = &trees(&plan, &setup.preferred)[0];
    assert_eq!((tree.parent, tree.long_links), (None, 3));

    setup.preferred = ["mail2-dc1"].into_iter().collect();
    let plan = setup.plan(&mails(3, &["dc1"])).unwrap();
    assert_eq!(first_parent(&plan, &setup.preferred).0, "mail2-dc1");
}

#[test]
fn parents_that_are_no_targets_are_refused() {
    let setup = Setup { preferred: ["gate1", "gate2"].into_iter().collect(), ..Setup::default() };
    let error = setup.plan(&mails(3, &["dc1"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--parents names gate[1-2], and none of them is among the hosts: a parent runs the payload as well"
    );
}

#[test]
fn what_reaches_a_host_comes_from_target_then_flag_then_inventory() {
    let text = "[[hosts]]\npattern='mail[1-3]-dc1'\nuser='inv'\nport=2222\naddress='%h.example.net'\n";
    let mut setup = Setup { inventory: inventory(text), ..Setup::default() };
    let mut targets = mails(2, &["dc1"]);
    targets[1].user = Some("typed".into());
    targets[1].port = Some(22);
    let plan = setup.plan(&targets).unwrap();
    assert_eq!((plan.hosts[0].user.as_deref(), plan.hosts[0].port), (Some("inv"), Some(2222)));
    assert_eq!(plan.hosts[0].address.as_deref(), Some("mail1-dc1.example.net"));
    assert_eq!((plan.hosts[1].user.as_deref(), plan.hosts[1].port), (Some("typed"), Some(22)));
    setup.user = Some("flag");
    let plan = setup.plan(&targets).unwrap();
    assert_eq!(plan.hosts[0].user.as_deref(), Some("flag"));
    assert_eq!(plan.hosts[1].user.as_deref(), Some("typed"));
}

#[test]
fn a_large_datacenter_gets_levels_within_the_width() {
    let plan = Setup::default().plan(&mails(2000, &["dc1"])).unwrap();
    let tree = &trees(&plan, &HostSet::new())[0];
    assert_eq!(tree.levels.iter().map(|level| level.hosts).sum::<usize>(), 2000);
    assert_eq!(tree.levels[0], LevelSummary { hosts: 1, parents: 1, most_children: tree.levels[1].hosts });
    assert!(tree.levels.iter().all(|level| level.most_children <= 32), "{:?}", tree.levels);
    assert_eq!(tree.next.len(), 1999);
    let second_level: usize = tree.sub_parents.iter().filter(|p| p.level == 2).map(|p| p.below + 1).sum();
    assert_eq!(second_level, 1999, "second-level parents lead everybody below the first");
}

#[test]
fn flat_is_one_level() {
    let rules = DcRules { flat: true, ..DcRules::default() };
    let plan = Setup { rules, depth: Some(1), ..Setup::default() }.plan(&mails(40, &["dc1", "dc2"])).unwrap();
    let tree = &trees(&plan, &HostSet::new())[0];
    assert_eq!((tree.dc.name.as_str(), tree.long_links, tree.levels.len(), tree.parent), ("all", 80, 1, None));
}

#[test]
fn the_effective_maximum_counts_small_datacenters() {
    let maximum = |targets: &[Target]| effective_maximum(&Setup::default().plan(targets).unwrap());
    assert_eq!(maximum(&mails(100, &["dc1", "dc2", "dc3", "dc4"])), "4x32");
    assert_eq!(maximum(&mails(10, &["dc1", "dc2"])), "20");
    let mixed: Vec<Target> = mails(100, &["dc1"]).into_iter().chain(mails(5, &["dc2"])).collect();
    assert_eq!(maximum(&mixed), "1x32+5");
    let mut own = Setup::default().plan(&mails(100, &["dc1", "dc2", "dc3"])).unwrap();
    own.datacenters[0].fanout = Some(10);
    assert_eq!(effective_maximum(&own), "2x32+10");
    own.datacenters.iter_mut().for_each(|dc| dc.fanout = Some(10));
    assert_eq!(effective_maximum(&own), "30");
}

#[test]
fn a_saved_plan_says_what_no_longer_holds() {
    let setup = Setup::default();
    let saved = setup.plan(&mails(3, &["dc1"])).unwrap();
    let said = |fresh: &Plan| differences(&saved, fresh).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(said(&saved).is_empty());
    assert_eq!(said(&setup.plan(&mails(4, &["dc1"])).unwrap()), ["not in the plan: mail4-dc1"]);
    assert_eq!(said(&setup.plan(&mails(2, &["dc1"])).unwrap()), ["no longer there: mail3-dc1"]);

    let weights = inventory("[[hosts]]\npattern='mail2-dc1'\nweight=9\ndc='dc9'\n");
    let changed = Setup { inventory: weights, ..Setup::default() }.plan(&mails(3, &["dc1"])).unwrap();
    assert_eq!(
        said(&changed),
        ["in another datacenter: mail2-dc1", "other user, port, address, weight or credentials: mail2-dc1"]
    );
    let mut edited = saved.clone();
    edited.datacenters[0].members.reverse();
    assert_eq!(said(&edited), ["other parents are preferred in dc1"]);
}

#[test]
fn a_plan_survives_json() {
    let plan = Setup::default().plan(&mails(3, &["dc1", "dc2"])).unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn nothing_and_too_much_are_refused() {
    assert_eq!(Setup::default().plan(&[]).unwrap_err(), PlanError::NoHosts);
    let many = vec![Target::named("a"); usize::try_from(limits::HOSTS).unwrap() + 1];
    assert!(matches!(Setup::default().plan(&many), Err(PlanError::TooMany { .. })));
}

#[test]
fn one_host_is_its_own_datacenter() {
    let plan = Setup::default().plan(&[Target::named("web1")]).unwrap();
    let tree = &trees(&plan, &HostSet::new())[0];
    assert_eq!((tree.dc.rule, tree.parent, &tree.dc.members), (DcRule::None, None, &vec![HostId(0)]));
}

#[test]
fn a_part_of_a_plan_keeps_the_order_of_candidates_and_forgets_empty_datacenters() {
    let whole = Setup::default().plan(&mails(3, &["dc1", "dc2", "dc3"])).unwrap();
    let wanted = ["mail3-dc1", "mail1-dc3", "mail3-dc3"];
    let ids = whole.host_ids().filter(|&id| wanted.contains(&whole.host(id).name.as_str())).collect();
    let part = part(&whole, &ids);
    assert_eq!(part.request.hosts, ["mail1-dc3,mail3-(dc1|dc3)"]);
    let dcs: Vec<&str> = part.datacenters.iter().map(|dc| dc.name.as_str()).collect();
    assert_eq!(dcs, ["dc1", "dc3"]);
    for dc in &part.datacenters {
        let names = |plan: &Plan, dc: &mcom_model::PlannedDc| -> Vec<String> {
            dc.members.iter().map(|&id| plan.host(id).name.clone()).collect()
        };
        let before = whole.datacenters.iter().find(|whole| whole.name == dc.name).unwrap();
        let kept: Vec<String> = names(&whole, before).into_iter().filter(|n| wanted.contains(&n.as_str())).collect();
        assert_eq!(names(&part, dc), kept);
        assert!(dc.members.iter().all(|&id| part.dc_of(id).name == dc.name));
    }
}

#[test]
fn a_host_says_itself_how_it_is_reached() {
    let text =
        "[[hosts]]\npattern='*'\ncredentials='relay'\n[[hosts]]\npattern='mail[2-3]-dc1'\ncredentials='transit'\n";
    let mut setup = Setup { inventory: inventory(text), credentials: Credentials::Auto, ..Setup::default() };
    let plan = setup.plan(&mails(10, &["dc1"])).unwrap();
    assert_eq!(plan.credentials, Credentials::Auto);
    // One host is the parent: whichever it is, nobody else logs in on it.
    let parent = plan.datacenters[0].members[0];
    let counted = ways(&plan);
    let transit = 2 - usize::from(plan.credentials_of(parent) == Credentials::Transit);
    assert_eq!((counted.here, counted.transit, counted.relay), (1, transit, 9 - transit));
    assert!(counted.ask() && !counted.only_from_here());

    setup.inventory = inventory("[[hosts]]\npattern='mail[1-4]-dc1'\ncredentials='transit'\n");
    setup.credentials = Credentials::Own;
    let plan = setup.plan(&mails(4, &["dc1"])).unwrap();
    let tree = &trees(&plan, &HostSet::new())[0];
    assert_eq!((tree.long_links, tree.transit, tree.levels.len()), (4, 3, 1));
    assert!(ways(&plan).only_from_here());
    assert_eq!(ways(&Setup { depth: Some(1), ..Setup::default() }.plan(&mails(4, &["dc1"])).unwrap()).here, 4);
}
