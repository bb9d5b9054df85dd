namespace XrdCt.Live.Model.Readings;

/// <summary>What a frame waits for.</summary>
[Flags]
public enum ReadingQuantities
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The translation.</summary>
    Translation = 1,

    /// <summary>The rotation.</summary>
    Rotation = 2,

    /// <summary>The beam monitor.</summary>
    Monitor = 4,

    /// <summary>The transmission of the sample.</summary>
    Transmission = 8,
}
