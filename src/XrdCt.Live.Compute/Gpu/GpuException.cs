using ILGPU;
using ILGPU.Runtime;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>A device that is not there or cannot be used; the message is a sentence for whoever runs the program.</summary>
public sealed class GpuException : Exception
{
    /// <summary>Makes an exception with an empty message.</summary>
    public GpuException()
    {
    }

    /// <summary>Makes an exception.</summary>
    public GpuException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    public GpuException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal GpuException(string message, bool isMissing)
        : base(message) => IsMissing = isMissing;

    /// <summary>Whether there is no such device, rather than one that cannot be used.</summary>
    public bool IsMissing { get; }

    /// <summary>
    /// Whether an exception is the device's (or its driver's, or its compiler's): something that the CPU can stand in for.
    /// </summary>
    internal static bool IsOfDevice(Exception e) => e is GpuException
        or AcceleratorException
        or InternalCompilerException
        or CapabilityNotSupportedException
        or NotSupportedException
        or DllNotFoundException
        or EntryPointNotFoundException
        or OutOfMemoryException;

    /// <summary>The message, one line, without a full stop.</summary>
    internal static string Sentence(Exception e) => e.Message.Split('\n')[0].Trim().TrimEnd('.');
}
