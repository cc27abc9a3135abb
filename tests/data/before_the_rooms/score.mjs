// rules: 15, neurons: 6, form: rules
// model: model.pt2, network SHA-256: a563a32ab015ff280c9e2a5dd5b02c985f16c3924c0d28007780523d20688cb8
// made by relurules 0.1.0, settings: the defaults
// certified: no score in the domain is further from the network's than 0.0, rounding of floats aside

/** The columns of a row, in their units. */
export const FEATURES = Object.freeze([
    "age", // a number from 0.0 to 10.0
    "debt", // a number from -5.0 to 5.0
    "trend", // a number from -1.0 to 1.0
]);
export const OUTPUTS = Object.freeze([
    "y",
]);

function number(value, name, fill) {
    if (value === null || (typeof value === "number" && Number.isNaN(value))) {
        return fill;
    }
    if (!["number", "bigint", "boolean"].includes(typeof value)) {
        throw new TypeError(`${JSON.stringify(name)} must be a number, found ${typeof value}`);
    }
    return Number(value);
}

function sigmoid(s) {
    const power = Math.exp(-Math.abs(s));
    return (s >= 0 ? 1 : power) / (1 + power);
}

function result(rule, _s0) {
    return {
        "y": sigmoid(_s0),
        rule,
    };
}

/**
 * The outputs of a row, and the number of the rule that gave them.
 *
 * row: an object with every column's value; null or NaN where it is missing. A TypeError where it isn't there, or no number.
 * A row with a missing value, or outside the domain, has NaN outputs and rule 0.
 */
export function score(row) {
    const x_age = number(row["age"], "age", NaN);
    const x_debt = number(row["debt"], "debt", NaN);
    const x_trend = number(row["trend"], "trend", NaN);
    if (!(
        true
        && 0.0 <= x_age && x_age <= 10.0
        && -5.0 <= x_debt && x_debt <= 5.0
        && -1.0 <= x_trend && x_trend <= 1.0
    )) {
        return result(0, NaN);
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend >= -0.706341252267087
        && x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 2.0055346226745696) {
        return result(1, -0.5356259346008301);
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend >= -0.706341252267087
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 2.0055346226745696) {
        return result(2, -0.4369398010394488 - 0.049206895979573784 * x_age - 0.03799600682087176 * x_trend + 0.00621259520226777 * x_debt);
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 3.853905140995068) {
        return result(3, -0.5356259346008301);
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend < 4.566749662143908
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 3.853905140995068) {
        return result(4, -0.6122686028066385 + 0.019887014703745282 * x_age + 0.01782663427478585 * x_debt + 0.0069069213985063944 * x_trend);
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt < 0.10466433329806496
        && x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 4.566749662143908) {
        return result(5, -0.46632672052271834 - 0.01207048090712783 * x_age - 0.010819927065857176 * x_debt - 0.004192175854931268 * x_trend);
    }
    if (x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend < 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend < 3.3807807893625963) {
        return result(6, -0.5356259346008301);
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend < 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend >= 3.3807807893625963) {
        return result(7, -0.6090440704180667 + 0.02171632542643462 * x_debt - 0.0109213064020598 * x_age - 0.016882288539907538 * x_trend);
    }
    if (x_age + 0.8963956903711947 * x_debt + 0.3473081053842449 * x_trend >= 1.6398642847995197
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend >= 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend < 3.3807807893625963) {
        return result(8, -0.3845338453555406 - 0.08116439159044689 * x_age - 0.022433966138375255 * x_debt - 0.04909510407430942 * x_trend);
    }
    if (x_age + 0.7721683325980211 * x_trend - 0.1262545640929408 * x_debt >= 0.10466433329806496
        && x_age + 0.2764015807766586 * x_debt + 0.6048847667341838 * x_trend >= 1.8615563584545265
        && x_debt - 0.5029076599103469 * x_age - 0.7774007898848874 * x_trend >= 3.3807807893625963) {
        return result(9, -0.4579519811727772 - 0.0920856979925067 * x_age - 0.06597739261421695 * x_trend - 0.0007176407119406374 * x_debt);
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt < -0.20829128539351688
        && x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend >= -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend < 1.7218237721828624) {
        return result(10, -0.5356259346008301);
    }
    if (x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt < -0.20829128539351688
        && x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend >= -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend >= 1.7218237721828624) {
        return result(11, -0.607692863524069 + 0.04185499706039906 * x_age + 0.01914484921346917 * x_debt + 0.027334903662901325 * x_trend);
    }
    if (x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend < -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend < 1.7218237721828624) {
        return result(12, -0.37470491244244847 + 0.03995689027503613 * x_age - 0.024331252986786425 * x_debt + 0.055773944411549314 * x_trend);
    }
    if (x_age - 0.6089376029842808 * x_debt + 1.3958529812415157 * x_trend < -4.027366019995812
        && x_age + 0.4574089250524161 * x_debt + 0.6530857862313443 * x_trend >= 1.7218237721828624) {
        return result(13, -0.44677184136568737 + 0.0818118873354352 * x_age + 0.08310884807445064 * x_trend - 0.005186403773317251 * x_debt);
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend < -0.706341252267087
        && x_age + 0.929897973001949 * x_trend + 0.06000619070435719 * x_debt >= -0.20829128539351688
        && x_age + 0.3579141155883276 * x_debt + 0.5935161884482126 * x_trend < 0.5812967863785867) {
        return result(14, -0.5356259346008301);
    }
    if (x_age + 0.7956457873572925 * x_debt + 0.4319987152913648 * x_trend < -0.706341252267087
        && x_age + 0.3579141155883276 * x_debt + 0.5935161884482126 * x_trend >= 0.5812967863785867) {
        return result(15, -0.47538386245022424 - 0.10363393289322509 * x_age - 0.03709204743641875 * x_debt - 0.06150841684468481 * x_trend);
    }
    return result(0, NaN);
}

// relurules artefact: {"target": "javascript", "form": "rules", "outputs": ["y"], "max_error": 0.0, "complete": true, "features": [{"name": "age", "lower": 0.0, "upper": 10.0}, {"name": "debt", "lower": -5.0, "upper": 5.0}, {"name": "trend", "lower": -1.0, "upper": 1.0}]}
