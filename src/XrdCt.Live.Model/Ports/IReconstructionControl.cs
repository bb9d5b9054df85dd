namespace XrdCt.Live.Model.Ports;

/// <summary>
/// Changes how the slices of a running scan are made. A change takes effect at the next look at the live channels: they are made anew, then the
/// slices of every bin; what was there is shown until then. The result and the journal have what was chosen last. Thread-safe.
/// </summary>
public interface IReconstructionControl
{
    /// <summary>Whether changes are taken: until all frames are in, and what is saved is made.</summary>
    bool IsOpen { get; }

    /// <summary>What was chosen last; what the scan was set up with while nothing was.</summary>
    ReconstructionSettings Settings { get; }

    /// <summary>What may be chosen.</summary>
    ReconstructionChoices Choices { get; }

    /// <summary>Changes the settings, whatever anybody else does at the same time.</summary>
    /// <param name="by">Who, for the log and the journal.</param>
    /// <param name="change">Makes the new settings of those that hold; may be called with others than <see cref="Settings"/> had before.</param>
    /// <returns>Whether changes were still taken.</returns>
    /// <exception cref="ArgumentException">The settings are none of <see cref="Choices"/>; the message is one sentence.</exception>
    bool TryChange(string by, Func<ReconstructionSettings, ReconstructionSettings> change);
}
