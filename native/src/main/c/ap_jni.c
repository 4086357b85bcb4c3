/* SPDX-License-Identifier: Apache-2.0 */
/* The entry points of org.apvirt.hw.NativeLibrary: call, test, return. Nothing is decided here. */
#include <stdlib.h>

#include "ap_guard.h"
#include "ap_helper.h"
#include "ap_layout.h"
#include "org_apvirt_hw_NativeLibrary.h"

JNIEXPORT jint JNICALL Java_org_apvirt_hw_NativeLibrary_probe(JNIEnv *env, jclass class)
{
    (void)env;
    (void)class;
    return ap_probe();
}

JNIEXPORT jint JNICALL Java_org_apvirt_hw_NativeLibrary_issue(JNIEnv *env, jclass class, jint opcode, jlong regs)
{
    (void)env;
    (void)class;
    return ap_issue(opcode, (struct ap_regs *)(uintptr_t)regs);
}

JNIEXPORT jint JNICALL Java_org_apvirt_hw_NativeLibrary_helperOpen(JNIEnv *env, jclass class)
{
    (void)env;
    (void)class;
    return ap_helper_open();
}

JNIEXPORT jint JNICALL Java_org_apvirt_hw_NativeLibrary_helperIssue(JNIEnv *env, jclass class, jint fd, jint opcode,
                                                                    jlong regs)
{
    (void)env;
    (void)class;
    return ap_helper_issue(fd, opcode, (struct ap_regs *)(uintptr_t)regs);
}

JNIEXPORT jlong JNICALL Java_org_apvirt_hw_NativeLibrary_address(JNIEnv *env, jclass class, jobject buffer)
{
    (void)class;
    return (jlong)(uintptr_t)(*env)->GetDirectBufferAddress(env, buffer);
}

JNIEXPORT void JNICALL Java_org_apvirt_hw_NativeLibrary_stfle(JNIEnv *env, jclass class, jlong list, jint doublewords)
{
    (void)env;
    (void)class;
#ifdef __s390x__
    ap_stfle((uint64_t *)(uintptr_t)list, doublewords);
#else
    (void)list;
    (void)doublewords;
#endif
}

JNIEXPORT jstring JNICALL Java_org_apvirt_hw_NativeLibrary_layout(JNIEnv *env, jclass class)
{
    int size = ap_layout(NULL, 0) + 1;
    char *text = malloc(size);
    jstring table;

    (void)class;
    if (!text) {
        jclass error = (*env)->FindClass(env, "java/lang/OutOfMemoryError");

        if (error)
            (*env)->ThrowNew(env, error, "table of the C structures");
        return NULL;
    }
    ap_layout(text, size);
    table = (*env)->NewStringUTF(env, text);
    free(text);
    return table;
}

JNIEXPORT jint JNICALL Java_org_apvirt_hw_NativeLibrary_nothing(JNIEnv *env, jclass class, jint number)
{
    (void)env;
    (void)class;
    return number;
}
