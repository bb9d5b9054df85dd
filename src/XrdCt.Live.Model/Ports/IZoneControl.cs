using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// Changes where no field of view may be while a scan runs. The next look at the slices ranks places anew; the result and the journal have the zones of the
/// last change. Thread-safe.
/// </summary>
public interface IZoneControl
{
    /// <summary>Whether changes are taken: until all frames are in, and only where places are ranked at all.</summary>
    bool IsOpen { get; }

    /// <summary>The zones that were chosen last; those that the scan was set up with while none were.</summary>
    ForbiddenZones Zones { get; }

    /// <summary>What may be chosen.</summary>
    ZoneChoices Choices { get; }

    /// <summary>Replaces all zones. The zones that hold already are taken whatever the revision, so that asking again changes nothing.</summary>
    /// <param name="by">Who, for the log and the journal.</param>
    /// <param name="revision">Revision of the list that was changed into this one.</param>
    /// <param name="zones">All zones; one that is there twice counts once.</param>
    /// <exception cref="ArgumentException">The zones are none of <see cref="Choices"/>; the message is one sentence.</exception>
    ZoneAnswer TryChange(string by, long revision, IReadOnlyList<ForbiddenZone> zones);
}
