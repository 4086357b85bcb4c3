/**
 * A plan: a machine and the guests that are to share it, checked before anybody touches the machine.
 *
 * <p>Start at {@link org.apvirt.plan.Plan} (what was read) and {@link org.apvirt.plan.PlanCheck} (what is wrong with it: a
 * {@link org.apvirt.plan.Contest} for each queue that two guests want, a {@link org.apvirt.plan.Finding} for all else).
 */
package org.apvirt.plan;
