#!/usr/bin/env python3
"""Makes evaluation.json: what scikit-learn, scipy and statsmodels say about made-up predictions.

    python make_evaluation_golden.py   (scikit-learn 1.9.1, scipy 1.17.1, statsmodels 0.15.0, numpy 2.4.6)

null means NaN. Where no library has a figure, its formula is written out here from the paper that the header
names, by another way than the C++ (all pairs of samples instead of ranks).
"""
import json
import pathlib

import numpy as np
from scipy import optimize, stats
from sklearn import metrics
from statsmodels.stats import inter_rater
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

Z = stats.norm.ppf(0.975)


def predictions(rng, truth, classes, skill, sharpness=1.0):
    logits = rng.normal(size=(len(truth), classes))
    logits[np.arange(len(truth)), truth] += skill
    values = np.exp(sharpness * logits)
    return np.round(values / values.sum(1, keepdims=True), 6)


def normalised(values):
    """Rows of six decimals that sum to 1 exactly enough, ties on purpose."""
    values = np.round(values, 2) + 1e-6
    return values / values.sum(1, keepdims=True)


def operating_points(truth, values, label):
    positive = truth == label
    fpr, tpr, thresholds = metrics.roc_curve(positive, values[:, label], drop_intermediate=False)
    out = {}
    best = int(np.argmax(np.round(tpr - fpr, 12)))
    out["youden"] = [float(thresholds[best]), float(tpr[best]), float(1 - fpr[best])]
    for target in (0.5, 0.8, 0.9, 1.0):
        at = int(np.argmax(tpr >= target - 1e-12))
        out[f"sensitivity_{target}"] = [float(thresholds[at]), float(tpr[at]), float(1 - fpr[at])]
        allowed = np.flatnonzero(1 - fpr >= target - 1e-12)
        at = int(allowed[np.argmax(tpr[allowed])])
        threshold = float(thresholds[at])
        out[f"specificity_{target}"] = ["inf" if np.isinf(threshold) else threshold, float(tpr[at]),
                                        float(1 - fpr[at])]
    return out


def predictive_values(tp, sick, tn, well, prevalence):
    """Mercaldo, Lau & Zhou 2007, equations 8 to 11 and the adjusted estimates of their table II."""
    def logit_interval(se, n1, sp, n0):
        expit = lambda x: float(1 / (1 + np.exp(-x)))
        ppv = np.log(se * prevalence / ((1 - sp) * (1 - prevalence)))
        ppv_error = np.sqrt((1 - se) / se / n1 + sp / (1 - sp) / n0)
        npv = np.log(sp * (1 - prevalence) / ((1 - se) * prevalence))
        npv_error = np.sqrt(se / (1 - se) / n1 + (1 - sp) / sp / n0)
        return ([expit(ppv - Z * ppv_error), expit(ppv + Z * ppv_error)],
                [expit(npv - Z * npv_error), expit(npv + Z * npv_error)])

    se, sp = tp / sick, tn / well
    named, cleared = se * prevalence + (1 - sp) * (1 - prevalence), sp * (1 - prevalence) + (1 - se) * prevalence
    edge = tp in (0, sick) or tn in (0, well)
    arguments = ((tp + Z * Z / 2) / (sick + Z * Z), sick + Z * Z, (tn + Z * Z / 2) / (well + Z * Z), well + Z * Z) \
        if edge else (se, sick, sp, well)
    ppv_interval, npv_interval = logit_interval(*arguments)
    return {"tp": tp, "sick": sick, "tn": tn, "well": well, "prevalence": prevalence,
            "ppv": se * prevalence / named if named else None, "ppv_interval": ppv_interval,
            "npv": sp * (1 - prevalence) / cleared if cleared else None, "npv_interval": npv_interval}


def deviations(truth, scores, label):
    """Of every sample, from all pairs: (placement - AUROC) / size of its group, with n / (n - 1)."""
    positive = truth == label
    wins = (scores[positive][:, None] > scores[~positive][None]) + 0.5 * (scores[positive][:, None] == scores[~positive][None])
    m, n = wins.shape
    auroc = wins.mean()
    out = np.zeros(len(truth))
    out[positive] = (wins.mean(1) - auroc) / m * np.sqrt(m / (m - 1))
    out[~positive] = (wins.mean(0) - auroc) / n * np.sqrt(n / (n - 1))
    return auroc, out


def delong(truth, first, second, labels):
    """The paired test of the mean AUROC of these classes."""
    difference, total = 0.0, np.zeros(len(truth))
    for label in labels:
        a, of_a = deviations(truth, first[:, label], label)
        b, of_b = deviations(truth, second[:, label], label)
        difference += (a - b) / len(labels)
        total += (of_a - of_b) / len(labels)
    variance = float((total ** 2).sum())
    z = difference / np.sqrt(variance)
    return {"difference": float(difference), "variance": variance, "p": float(2 * stats.norm.sf(abs(z))),
            "interval": [float(difference - Z * np.sqrt(variance)), float(difference + Z * np.sqrt(variance))]}


def temperature(truth, values):
    logits = np.log(np.maximum(values, 1e-12))

    def loss(beta):
        scaled = beta * logits
        scaled = scaled - scaled.max(1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(1)) - scaled[np.arange(len(truth)), truth]).mean())

    beta = optimize.minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-12}).x
    scaled = values ** beta
    scaled = scaled / scaled.sum(1, keepdims=True)
    return {"temperature": float(1 / beta), "nll_before": loss(1.0), "nll_after": loss(beta),
            "scaled": scaled.tolist()}


def errors(truth, values, bins=15):
    confidence, right = values.max(1), values.argmax(1) == truth
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    gaps = [(np.sum(index == b), abs(right[index == b].mean() - confidence[index == b].mean()))
            for b in range(bins) if np.any(index == b)]
    one_hot = np.eye(values.shape[1])[truth]
    return {"ece": float(sum(n * g for n, g in gaps) / len(truth)), "mce": float(max(g for _, g in gaps)),
            "brier": float(((values - one_hot) ** 2).sum(1).mean()),
            "log_loss": float(metrics.log_loss(truth, values, labels=list(range(values.shape[1]))))}


def comparison(seed, classes, images):
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=images)
    models = [normalised(predictions(rng, truth, classes, skill)) for skill in (2.0, 1.6, 0.7)]
    readers = []
    for accuracy in (0.85, 0.7):
        labels = np.where(rng.random(images) < accuracy, truth, rng.integers(classes, size=images))
        readers.append(labels.tolist())
    named = [m.argmax(1) for m in models]
    tests = []
    for a in range(3):
        for b in range(a + 1, 3):
            right = [named[m] == truth for m in (a, b)]
            only = [int(np.sum(right[0] & ~right[1])), int(np.sum(right[1] & ~right[0]))]
            table = [[int(np.sum(right[0] & right[1])), only[0]], [only[1], int(np.sum(~right[0] & ~right[1]))]]
            tests.append({
                "first": a, "second": b, "only": only, "mcnemar": float(mcnemar(table, exact=True).pvalue),
                "delong": [delong(truth, models[a], models[b], [c]) for c in range(classes)],
                "delong_macro": delong(truth, models[a], models[b], list(range(classes)))})
    families = {"mcnemar": [t["mcnemar"] for t in tests], "auroc_macro": [t["delong_macro"]["p"] for t in tests],
                "auroc": [d["p"] for t in tests for d in t["delong"]]}
    adjusted = {correction: {name: multipletests(p, method=method)[1].tolist() for name, p in families.items()}
                for correction, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh"))}
    raters = [truth, *named, *map(np.array, readers)]
    kappas = []
    for a in range(len(raters)):
        for b in range(a + 1, len(raters)):
            table = metrics.confusion_matrix(raters[a], raters[b], labels=list(range(classes)))
            result = inter_rater.cohens_kappa(table)
            kappas.append({"kappa": float(metrics.cohen_kappa_score(raters[a], raters[b])),
                           "interval": [float(result.kappa_low), float(result.kappa_upp)],
                           "percent": float(np.mean(raters[a] == raters[b]))})

    def fleiss(group, method):
        counts = np.array([[np.sum(row == c) for c in range(classes)] for row in np.array(group).T])
        return float(inter_rater.fleiss_kappa(counts, method=method))

    groups = [{"raters": name, "fleiss": fleiss(g, "fleiss"), "randolph": fleiss(g, "randolph")}
              for name, g in (("models", raters[1:4]), ("readers", raters[4:]), ("models and readers", raters[1:]))]
    return {"classes": classes, "truth": truth.tolist(), "models": [m.tolist() for m in models], "readers": readers,
            "accuracy": [float(metrics.accuracy_score(truth, n)) for n in named], "tests": tests,
            "adjusted": adjusted, "kappas": kappas, "groups": groups}


def main():
    rng = np.random.default_rng(11)
    cases = []
    for classes, images in ((2, 60), (3, 80), (12, 200)):
        truth = rng.integers(classes, size=images)
        values = normalised(predictions(rng, truth, classes, 1.5, sharpness=2.0))
        cases.append({"classes": classes, "truth": truth.tolist(), "values": values.tolist(),
                      "operating_points": [operating_points(truth, values, c) for c in range(classes)],
                      "temperature": temperature(truth, values),
                      "before": errors(truth, values),
                      "after": errors(truth, np.array(temperature(truth, values)["scaled"]))})
    out = {"cases": cases,
           "predictive_values": [predictive_values(*row) for row in (
               (45, 50, 180, 200, 0.05), (45, 50, 180, 200, 0.5), (50, 50, 180, 200, 0.1), (45, 50, 200, 200, 0.01),
               (0, 50, 200, 200, 0.2), (50, 50, 0, 20, 0.2), (1, 3, 2, 3, 0.3))],
           "comparisons": [comparison(21, 3, 90), comparison(22, 2, 40), comparison(23, 12, 240)]}
    path = pathlib.Path(__file__).with_name("evaluation.json")
    path.write_text(json.dumps(out, separators=(",", ":"), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
